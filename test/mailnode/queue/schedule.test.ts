import { describe, expect, it } from "@jest/globals";
import type { QueueEntry } from "../../../src/mailnode/queue/entry.ts";
import { heapBytes } from "../../../src/mailnode/queue/heap-bytes.ts";
import { Schedule } from "../../../src/mailnode/queue/schedule.ts";
import { envelope } from "../fixtures/messages.ts";

function entry(id: string): QueueEntry {
  return {
    envelope: envelope(id),
    state: { attempts: 0, nextTryAt: 0, pending: ["b@example.com"], failed: [] },
    bodyStart: 0,
  };
}

function waiting(times: Readonly<Record<string, number>>): Schedule {
  const schedule = new Schedule();
  for (const [id, dueMs] of Object.entries(times)) schedule.set(entry(id), dueMs);
  return schedule;
}

function takeAll(schedule: Schedule, nowMs: number): (string | undefined)[] {
  const ids: (string | undefined)[] = [];
  while (schedule.nextMs() <= nowMs) ids.push(schedule.take(nowMs)?.envelope.id);
  return ids;
}

describe("the messages that wait", () => {
  it("are taken when they are due, the first due first and equals in the order in which they came", () => {
    const schedule = waiting({ m1: 30, m2: 10, m3: 20, m4: 10 });
    expect(schedule.take(9)).toBeUndefined();
    expect(schedule.nextMs()).toBe(10);
    expect(takeAll(schedule, 20)).toEqual(["m2", "m4", "m3"]);
    expect(schedule.size).toBe(1);
    expect(schedule.nextMs()).toBe(30);
    expect(takeAll(schedule, 30)).toEqual(["m1"]);
    expect(schedule.nextMs()).toBe(Infinity);
  });

  it("are taken once, at the last time that they were given, sooner or later", () => {
    const schedule = waiting({ m1: 30, m2: 10, m3: 20 });
    expect(schedule.move("m1", 5)).toBe(true);
    expect(schedule.move("m2", 40)).toBe(true);
    expect(schedule.move("m9", 1)).toBe(false);
    expect(schedule.size).toBe(3);
    expect(takeAll(schedule, 100)).toEqual(["m1", "m3", "m2"]);
  });

  it("take what heapBytes says of each, once, as it was last set, until they are taken", () => {
    const more = {
      ...entry("m1"),
      state: { ...entry("m1").state, pending: ["b@example.com", "c@example.com"] },
    };
    const schedule = waiting({ m1: 10, m2: 20 });
    expect(schedule.heapBytes).toBe(heapBytes(entry("m1")) + heapBytes(entry("m2")));
    schedule.set(more, 10);
    schedule.move("m2", 30);
    expect(schedule.heapBytes).toBe(heapBytes(more) + heapBytes(entry("m2")));
    takeAll(schedule, 10);
    expect(schedule.heapBytes).toBe(heapBytes(entry("m2")));
    takeAll(schedule, 30);
    expect(schedule.heapBytes).toBe(0);
  });

  it("are still in order after they were moved many times", () => {
    const schedule = waiting({ m1: 0, m2: 0, m3: 0 });
    for (let round = 1; round <= 1_000; round++)
      for (const [index, id] of ["m3", "m1", "m2"].entries()) schedule.move(id, 10_000 - 3 * round + index);
    expect(schedule.size).toBe(3);
    expect(takeAll(schedule, 10_000)).toEqual(["m3", "m1", "m2"]);
  });
});
