import { jest } from "@jest/globals";
import { RaftLog } from "../../../src/mailnode/raft/log/raft-log.ts";
import type { TestCluster } from "./members.ts";

/** While `during` runs, what is written stands on the leader's disk alone, as far as anybody knows: the others' are late. */
export async function onLeaderAlone<T>(cluster: TestCluster, during: () => Promise<T>): Promise<T> {
  const [any] = cluster.members.values();
  const { members } = any!.member.part();
  const leader = members.find(({ node }) => node === any!.member.leader())!;
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
