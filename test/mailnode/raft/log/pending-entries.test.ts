import { describe, expect, it } from "@jest/globals";
import { RecentEntries } from "../../../../src/mailnode/raft/log/recent-entries.ts";
import { entries, entry } from "./log-story.ts";

const filled = (maxBytes = 100) => {
  const recent = new RecentEntries(maxBytes);
  for (const one of entries(1, 5, 9)) recent.put(one);
  return recent;
};

describe("the latest entries of a log", () => {
  it("are found by index while they are held", () => {
    const recent = filled();
    expect(recent.firstIndex).toBe(5);
    expect(recent.get(7)).toEqual(entry(1, 7));
    expect([recent.get(4), recent.get(10)]).toEqual([undefined, undefined]);
    expect(new RecentEntries(1).get(0)).toBeUndefined();
  });

  it("are overruled from an entry of a smaller index on", () => {
    const recent = filled();
    recent.put(entry(2, 6));
    expect([recent.get(6), recent.get(7)]).toEqual([entry(2, 6), undefined]);
  });

  it("go, oldest first, while they are above their size and on disk", () => {
    const recent = filled(50);
    recent.shrink((index) => index < 7);
    expect(recent.firstIndex).toBe(7);
    recent.shrink(() => true);
    expect(recent.firstIndex).toBe(8);
  });

  it("go up to a compaction", () => {
    const recent = filled();
    recent.keepAbove(3);
    expect(recent.firstIndex).toBe(5);
    recent.keepAbove(8);
    expect(recent.firstIndex).toBe(9);
    recent.keepAbove(20);
    expect(recent.firstIndex).toBeUndefined();
  });

  it("begin anew behind a snapshot that takes the place of all", () => {
    const recent = filled();
    recent.put(entry(3, 40));
    expect([recent.firstIndex, recent.get(9)]).toEqual([40, undefined]);
  });
});
