import { describe, expect, it } from "@jest/globals";
import type { Raft } from "../../../../src/mailnode/raft/core/raft.ts";
import { PendingReads, type PendingRead } from "../../../../src/mailnode/raft/shell/pending-reads.ts";

/** Reads that are asked again after 2 ticks and given up after 10, of a core that numbers questions from 1. */
function setting() {
  const reads = new PendingReads({ readTicks: 10, readRetryTicks: 2 });
  let asked = 0;
  const raft = { readIndex: () => ({ request: ++asked }) } as unknown as Raft;
  const outcomes: string[] = [];
  const read = (name: string): PendingRead => ({
    resolve: (index) => void outcomes.push(`${name} at ${index}`),
    reject: ({ reason }) => void outcomes.push(`${name} ${reason}`),
    ticks: 0,
  });
  const tick = (times: number): void => {
    for (let time = 0; time < times; time++) {
      reads.tick();
      reads.ask(raft);
    }
  };
  return { reads, raft, outcomes, read, tick, asked: () => asked };
}

describe("reads that wait for an index", () => {
  it("are answered by the first question too, when the second was asked before its answer came", () => {
    const { reads, raft, outcomes, read, tick, asked } = setting();
    reads.add(read("a"));
    reads.ask(raft);
    tick(3);
    expect(asked()).toBe(2);
    reads.answered(1, 7);
    reads.answered(2, 8);
    expect(outcomes).toEqual(["a at 7"]);
  });

  it("are never answered by a question that was asked before them", () => {
    const { reads, raft, outcomes, read, tick } = setting();
    reads.add(read("a"));
    reads.ask(raft);
    reads.add(read("b"));
    tick(1);
    reads.answered(1, 7);
    expect(outcomes).toEqual(["a at 7"]);
    reads.answered(2, 9);
    expect(outcomes).toEqual(["a at 7", "b at 9"]);
  });

  it("take no answer of before a change of leader", () => {
    const { reads, raft, outcomes, read } = setting();
    reads.add(read("a"));
    reads.ask(raft);
    reads.askAgain();
    reads.answered(1, 7);
    expect(outcomes).toEqual([]);
    reads.ask(raft);
    reads.answered(2, 8);
    expect(outcomes).toEqual(["a at 8"]);
  });

  it("are given up when their time is over, once, and asked for no more", () => {
    const { reads, raft, outcomes, read, tick, asked } = setting();
    reads.add(read("a"));
    reads.ask(raft);
    tick(10);
    const then = asked();
    tick(5);
    expect(outcomes).toEqual(["a no-leader"]);
    expect(asked()).toBe(then);
  });

  it("of a caller who gave up are not asked for", () => {
    const { reads, raft, outcomes, read, asked } = setting();
    const one = read("a");
    reads.add(one);
    reads.remove(one);
    reads.ask(raft);
    expect(asked()).toBe(0);
    expect(outcomes).toEqual([]);
  });
});
