import type { NodeId } from "../core/types.ts";
import type { RaftLog } from "../log/raft-log.ts";

/** Who founds a cluster. All founders name the same ones. */
export interface Founders {
  readonly voters: readonly NodeId[];
  /** Those of the voters that keep no state. */
  readonly witnesses?: readonly NodeId[];
}

/** Whether a log has never been part of any cluster. */
export function isEmptyLog({ snapshot, hardState, lastIndex }: RaftLog): boolean {
  return lastIndex === 0 && hardState.term === 0 && snapshot.membership.voters.length === 0;
}

/** With whom the cluster of a log was founded; undefined when it was not, or so long ago that the log has forgotten. */
export function foundersIn({ snapshot }: RaftLog): Founders | undefined {
  const { voters, witnesses } = snapshot.membership;
  return snapshot.index === 0 && voters.length > 0 ? { voters, witnesses } : undefined;
}

/** Makes an empty log the beginning of a cluster with these members; a log that holds anything stays as it is. */
export async function found(log: RaftLog, { voters, witnesses = [] }: Founders): Promise<void> {
  if (!isEmptyLog(log)) return;
  const membership = {
    voters: [...voters].sort(),
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
    witnesses: [...witnesses].sort(),
    autoLeave: false,
  };
  await log.append({ snapshot: { term: 0, index: 0, membership } });
}
