import { jest } from "@jest/globals";
import type { RunningCluster } from "../../../src/mailnode/cluster/running-cluster.ts";
import { RaftLog } from "../../../src/mailnode/raft/log/raft-log.ts";

/**
 * While `during` runs, what is written stands on the leader's disk alone, as far as anybody knows: the others' are late.
 * All of them are members in this process.
 */
export async function onLeaderAlone<T>(
  member: Pick<RunningCluster, "part" | "leader">,
  during: () => Promise<T>,
): Promise<T> {
  const leader = member.part().members.find(({ node }) => node === member.leader())!;
  const append = Object.getOwnPropertyDescriptor(RaftLog.prototype, "append")!.value as RaftLog["append"];
  const over = Promise.withResolvers<void>();
  const late = jest.spyOn(RaftLog.prototype, "append").mockImplementation(async function (
    this: RaftLog,
    what,
  ) {
    const appended = append.call(this, what);
    if (this.node !== leader.id) await over.promise;
    return appended;
  });
  try {
    return await during();
  } finally {
    late.mockRestore();
    over.resolve();
  }
}
