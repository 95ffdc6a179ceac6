import type { NodeId } from "../core/types.ts";
import type { RaftLog } from "../log/raft-log.ts";

/** Who founds a cluster. All founders name the same ones. */
export interface Founders {
  readonly voters: readonly NodeId[];
  /** Those of the voters that keep no state. */
  readonly witnesses?: readonly NodeId[];
}

/** Makes an empty log the beginning of a cluster with these members; a log that holds anything stays as it is. */
export async function found(log: RaftLog, { voters, witnesses = [] }: Founders): Promise<void> {
  const { snapshot, hardState, lastIndex } = log;
  const isEmpty = lastIndex === 0 && hardState.term === 0 && snapshot.membership.voters.length === 0;
  if (!isEmpty) return;
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
