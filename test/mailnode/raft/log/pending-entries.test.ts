import { describe, expect, it } from "@jest/globals";
import { PendingEntries } from "../../../../src/mailnode/raft/log/pending-entries.ts";
import { entries, entry } from "./log-story.ts";

const filled = () => {
  const pending = new PendingEntries();
  for (const one of entries(1, 5, 9)) pending.put(one);
  return pending;
};

describe("the entries of a log that are not on disk yet", () => {
  it("are found by index while they are held", () => {
    const pending = filled();
    expect(pending.firstIndex).toBe(5);
    expect(pending.get(7)).toEqual(entry(1, 7));
    expect([pending.get(4), pending.get(10)]).toEqual([undefined, undefined]);
    expect(new PendingEntries().get(0)).toBeUndefined();
  });

  it("are overruled from an entry of a smaller index on", () => {
    const pending = filled();
    pending.put(entry(2, 6));
    expect([pending.get(6), pending.get(7)]).toEqual([entry(2, 6), undefined]);
  });

  it("go, oldest first, as they are on disk", () => {
    const pending = filled();
    pending.shrink((index) => index < 7 || index === 8);
    expect(pending.firstIndex).toBe(7);
    pending.shrink(() => true);
    expect(pending.firstIndex).toBeUndefined();
  });

  it("go up to a compaction", () => {
    const pending = filled();
    pending.keepAbove(3);
    expect(pending.firstIndex).toBe(5);
    pending.keepAbove(8);
    expect(pending.firstIndex).toBe(9);
    pending.keepAbove(20);
    expect(pending.firstIndex).toBeUndefined();
  });

  it("begin anew behind a snapshot that takes the place of all", () => {
    const pending = filled();
    pending.put(entry(3, 40));
    expect([pending.firstIndex, pending.get(9)]).toEqual([40, undefined]);
  });
});
