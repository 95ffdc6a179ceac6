import { describe, expect, it } from "@jest/globals";
import { Progress } from "../../../../src/mailnode/raft/tracker/progress.ts";

const WINDOW = { maxInflightMessages: 2, maxInflightBytes: 100 };

function replicating(match: number): Progress {
  const progress = new Progress(match + 1, WINDOW);
  progress.maybeUpdate(match);
  progress.becomeReplicate();
  return progress;
}

describe("what the leader knows of a member", () => {
  it("while probing, one append is under way and an answer lets the next go", () => {
    const progress = new Progress(5, WINDOW);
    progress.sent(7, 10);
    expect([progress.paused, progress.next]).toEqual([true, 5]);
    expect(progress.maybeUpdate(4)).toBe(true);
    expect([progress.paused, progress.match, progress.next]).toEqual([false, 4, 5]);
    expect(progress.maybeUpdate(4)).toBe(false);
  });

  it("while replicating, appends follow each other until the window is full", () => {
    const progress = replicating(4);
    progress.sent(5, 10);
    expect([progress.paused, progress.next]).toEqual([false, 6]);
    progress.sent(6, 10);
    expect(progress.paused).toBe(true);
    progress.inflights.freeTo(5);
    expect(progress.paused).toBe(false);
  });

  it("a refusal while probing goes back to the hint, never behind what is proven, and only for the append asked", () => {
    const progress = new Progress(10, WINDOW);
    expect(progress.maybeDecreaseTo(5, 3)).toBe(false);
    expect(progress.maybeDecreaseTo(9, 3)).toBe(true);
    expect(progress.next).toBe(4);
    expect(progress.maybeDecreaseTo(3, 7)).toBe(true);
    expect(progress.next).toBe(3);
    progress.maybeUpdate(1);
    expect(progress.maybeDecreaseTo(2, 0)).toBe(true);
    expect(progress.next).toBe(2);
  });

  it("a refusal while replicating goes back to what is proven, unless it is an old one", () => {
    const progress = replicating(4);
    progress.sent(9, 10);
    expect(progress.maybeDecreaseTo(4, 0)).toBe(false);
    expect(progress.maybeDecreaseTo(9, 0)).toBe(true);
    expect(progress.next).toBe(5);
  });

  it("while a snapshot is under way nothing is sent; it goes on behind it, or where it was when that failed", () => {
    const progress = replicating(4);
    progress.becomeSnapshot({ term: 2, index: 20 });
    expect([progress.paused, progress.next, progress.maybeDecreaseTo(20, 3)]).toEqual([true, 21, false]);
    progress.becomeProbe();
    expect([progress.state, progress.next]).toEqual(["probe", 21]);
    progress.becomeSnapshot({ term: 2, index: 20 });
    progress.snapshotFailed();
    expect([progress.state, progress.next]).toEqual(["probe", 5]);
  });

  it("a snapshot that failed is not tried again before the member shows a sign of life", () => {
    const progress = replicating(4);
    progress.becomeSnapshot({ term: 2, index: 20 });
    progress.snapshotFailed();
    expect(progress.paused).toBe(true);
  });
});
