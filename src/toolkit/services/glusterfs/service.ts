import { PORTS } from "../../../contract/ports.ts";
import { voterRoles, votesIn } from "../../topology/voters.ts";
import type { Service } from "../service.ts";
import { glusterFiles } from "./files.ts";
import { formPoolPhase } from "./form-pool.ts";
import { formVolumePhase } from "./form-volume.ts";
import { CONFIG_PATH, GLUSTERD_UNIT, LAST_BRICK_PORT, PROCESS_PACKAGES } from "./names.ts";
import { brickProbe } from "./probe.ts";

/** GlusterFS: a volume of which every storage machine holds all files, and a witness their names. */
export const glusterfs: Service = {
  name: "glusterfs",
  runsOn: (topology, machine) => votesIn(topology, machine, "storage"),
  packages: () => ["glusterfs-server", "glusterfs-cli", "glusterfs-client", ...PROCESS_PACKAGES],
  users: () => [],
  listens: (topology) => [
    {
      port: PORTS.glusterd,
      protocol: "tcp",
      on: "machine",
      from: ["mail", ...voterRoles(topology, "storage")],
      program: "glusterd",
    },
    {
      port: PORTS.glusterBricks,
      lastPort: LAST_BRICK_PORT,
      protocol: "tcp",
      on: "machine",
      from: ["mail", ...voterRoles(topology, "storage")],
      program: "glusterfsd",
    },
  ],
  secrets: () => [],
  files: glusterFiles,
  units: () => [{ name: GLUSTERD_UNIT, state: "running", enabled: true }],
  probe: brickProbe,
  form: ({ topology }) => [formPoolPhase(topology), formVolumePhase(topology)],
  departure: { file: CONFIG_PATH, by: "refusal" },
};
