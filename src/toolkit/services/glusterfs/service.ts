import { PORTS } from "../../../contract/ports.ts";
import type { Service } from "../service.ts";
import { glusterFiles } from "./files.ts";
import { formPoolPhase } from "./form-pool.ts";
import { formVolumePhase } from "./form-volume.ts";
import { GLUSTERD_UNIT, LAST_BRICK_PORT } from "./names.ts";
import { brickProbe } from "./probe.ts";

/** GlusterFS: a volume of which every storage machine holds all files. */
export const glusterfs: Service = {
  name: "glusterfs",
  runsOn: (_topology, machine) => machine.roles.includes("storage"),
  packages: () => ["glusterfs-server"],
  users: () => [],
  listens: () => [
    { port: PORTS.glusterd, protocol: "tcp", on: "machine", from: ["mail", "storage"], program: "glusterd" },
    {
      port: PORTS.glusterBricks,
      lastPort: LAST_BRICK_PORT,
      protocol: "tcp",
      on: "machine",
      from: ["mail", "storage"],
      program: "glusterfsd",
    },
  ],
  secrets: () => [],
  files: glusterFiles,
  units: () => [{ name: GLUSTERD_UNIT, state: "running", enabled: true }],
  probe: brickProbe,
  form: ({ topology }) => [formPoolPhase(topology), formVolumePhase(topology)],
};
