import { describe, expect, it } from "@jest/globals";
import { ReadQueue } from "../../../../src/mailnode/raft/core/read-queue.ts";

function answered(queue: ReadQueue, round: number): string[] {
  const answers: string[] = [];
  queue.confirmed(round, (read, index) => answers.push(`${read.request}@${index}`));
  return answers;
}

describe("the reads that wait", () => {
  it("are answered by their round or a later one, with the index of their own", () => {
    const queue = new ReadQueue(10, 5);
    for (const round of [1, 2, 3]) {
      queue.add({ from: "a", request: queue.newRequest() });
      queue.startRound(round, round * 100);
    }
    expect(answered(queue, 2)).toEqual(["10@100", "11@200"]);
    expect(queue.count).toBe(1);
    expect(answered(queue, 9)).toEqual(["12@300"]);
  });

  it("never get a number twice, not even after they were given up", () => {
    const queue = new ReadQueue(10, 5);
    expect(queue.newRequest()).toBe(10);
    queue.reset();
    expect(queue.newRequest()).toBe(11);
  });

  it("have a lease from the tick in which the proven round was sent, for four fifths of an election timeout", () => {
    const queue = new ReadQueue(0, 10);
    queue.roundSent(1, 100);
    queue.roundSent(2, 100);
    queue.roundSent(3, 103);
    expect(queue.hasLease(100)).toBe(false);
    answered(queue, 2);
    expect([queue.hasLease(107), queue.hasLease(108)]).toEqual([true, false]);
    answered(queue, 3);
    expect([queue.hasLease(110), queue.hasLease(111)]).toEqual([true, false]);
    queue.breakLease();
    expect(queue.hasLease(104)).toBe(false);
  });
});
