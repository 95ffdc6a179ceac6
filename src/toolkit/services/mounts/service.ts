import { machinesWith } from "../../topology/topology.ts";
import { PROCESS_PACKAGES } from "../glusterfs/names.ts";
import type { Service } from "../service.ts";
import { KEEPER_PATH, KEEPER_UNIT, mountFiles } from "./files.ts";
import { formMountPhase, mountProbe } from "./form-mount.ts";
import { mountUnitName } from "./unit-name.ts";

/** The shared quarantine on every mail machine, as a client of the storage machines. */
export const mounts: Service = {
  name: "mounts",
  runsOn: (topology, machine) =>
    machine.roles.includes("mail") && machinesWith(topology, "storage").length > 0,
  packages: () => ["glusterfs-client", ...PROCESS_PACKAGES, "procps"],
  users: () => [],
  listens: () => [],
  secrets: () => [],
  files: mountFiles,
  units: (topology) => [
    // Started by its keeper, which alone is enabled: at boot it is too early for the volume.
    {
      name: mountUnitName(topology.storage.mountPath),
      state: "running",
      enabled: false,
      startedByForm: true,
    },
    { name: KEEPER_UNIT, state: "running", enabled: true },
  ],
  probe: mountProbe,
  form: ({ topology }) => [formMountPhase(topology)],
  departure: { file: KEEPER_PATH, by: "refusal" },
};
