import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import { machinesWith, type Topology } from "../../topology/topology.ts";
import { KEEPER_UNIT } from "./files.ts";

/** Whether the shared folder is there and answers: it is a mount of GlusterFS, and its root can be read. */
export function mountProbe(topology: Topology): Command {
  return ask(script(PROBE, [topology.storage.mountPath]), { timeoutMs: 30_000 });
}

const PROBE = `
grep -qF " $1 fuse.glusterfs " /proc/mounts || { echo "$1 is not mounted" >&2; exit 1; }
timeout 20 stat -f -- "$1" >/dev/null`;

export function formMountPhase(topology: Topology): Phase {
  const command = mountProbe(topology);
  return {
    title: "mount the shared quarantine",
    machines: machinesWith(topology, "mail").map((machine) => machine.name),
    observe: () => command,
    decide: (answers) => {
      const missing = [...answers].filter(([, answer]) => answer.code !== 0).map(([machine]) => machine);
      const steps = missing.map((machine) => ({
        title: "mount the shared quarantine",
        machine,
        commands: [act(["systemctl", "start", KEEPER_UNIT])],
        verify: { title: "the shared quarantine is mounted", command, timeoutMs: 120_000, intervalMs: 1000 },
      }));
      return steps.length > 0 ? [steps] : [];
    },
  };
}
