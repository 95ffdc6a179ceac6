import { votersIn } from "../../topology/voters.ts";
import { critical, warning, type Finding } from "../finding.ts";
import { having, isAway, isDrained, listed, type Rules, type View } from "../view.ts";

/** The pool, and what waits to be healed in it. */
export const storageRules: Rules = (view) => [...peers(view), ...heals(view)];

function peers(view: View): readonly Finding[] {
  const all = votersIn(view.topology, "storage");
  return having(view, "glusterfs").flatMap(({ machine: { machine, address }, found }) => {
    const missing = all
      .filter(
        (other) => other.address !== address && !isAway(view, other.name) && !isDrained(view, other.name),
      )
      .filter(
        (other) =>
          !found.peers.some(({ names, isConnected }) => isConnected && names.includes(other.address)),
      )
      .map(({ name }) => name);
    if (missing.length === 0) return [];
    return [
      warning({
        rule: "storage-peer",
        machines: [machine, ...missing],
        finding: `GlusterFS on ${machine} has no connection to ${listed(missing)}`,
        cause: `the port 24007 between them, or glusterd there, or they are not in one pool`,
        remedy: "mbctl recover storage, which starts what is off; mbctl apply joins what is not in the pool",
        evidence: found.peers.map(
          ({ names, isConnected }) =>
            `${machine}: ${names[0]} ${isConnected ? "connected" : "not connected"}`,
        ),
      }),
    ];
  });
}

/** Every machine counts the same entries: the worst count stands for all. */
function heals(view: View): readonly Finding[] {
  const counted = having(view, "glusterfs").filter(({ found }) => found.heal !== undefined);
  const splitBrain = Math.max(0, ...counted.map(({ found }) => found.heal!.splitBrain));
  const pending = Math.max(0, ...counted.map(({ found }) => found.heal!.pending));
  const evidence = counted.map(
    ({ machine, found }) =>
      `${machine.machine}: ${found.heal!.pending} entries to heal, ${found.heal!.splitBrain} in split-brain`,
  );
  const { volume } = view.topology.storage;
  const machines = counted.map(({ machine }) => machine.machine);
  if (splitBrain > 0)
    return [
      critical({
        rule: "storage-split-brain",
        machines,
        finding: `${splitBrain} entries of volume ${volume} are in split-brain: its copies differ, and nobody may read them`,
        cause: "both sides of a cut were written to; only a person knows which copy is right",
        remedy: splitBrainRemedy(volume),
        evidence,
      }),
    ];
  if (pending > 0)
    return [
      warning({
        rule: "storage-healing",
        machines,
        finding: `${pending} entries of volume ${volume} wait to be healed`,
        cause: "a brick was away, and is being brought up to date",
        remedy: "wait until it is 0 before another storage machine is taken down",
        evidence,
      }),
    ];
  return [];
}

/** GlusterFS documentation, "Split brain and the ways to deal with it". */
export function splitBrainRemedy(volume: string): string {
  return [
    `see which: gluster volume heal ${volume} info split-brain; for each, one of:`,
    `gluster volume heal ${volume} split-brain latest-mtime FILE (the copy that was written last)`,
    `gluster volume heal ${volume} split-brain bigger-file FILE (the larger copy)`,
    `gluster volume heal ${volume} split-brain source-brick ADDRESS:BRICK FILE (the copy of one machine)`,
  ].join("\n    ");
}
