import { describe, expect, it } from "@jest/globals";
import { Scheduler } from "../../../src/mailnode/sim/scheduler.ts";

interface Owner {
  alive: boolean;
  paused: boolean;
}

/** Runs all that is due; gives back what happened, each with its time. */
function run(scheduler: Scheduler<Owner>, limit: number): string[] {
  const happened: string[] = [];
  for (let event = scheduler.next(limit); event !== undefined; event = scheduler.next(limit)) {
    happened.push(`${event.what} at ${scheduler.now}`);
    event.run();
  }
  return happened;
}

const nothing = (): void => undefined;

describe("virtual time", () => {
  it("goes from event to event, by time and then by the order in which they were made", () => {
    const scheduler = new Scheduler<Owner>();
    scheduler.after(5, undefined, "c", nothing);
    scheduler.after(1, undefined, "a", () => scheduler.after(0, undefined, "made by a", nothing));
    scheduler.after(1, undefined, "b", nothing);
    expect(run(scheduler, 4)).toEqual(["a at 1", "b at 1", "made by a at 1"]);
    expect(scheduler.now).toBe(4);
    expect(run(scheduler, 10)).toEqual(["c at 5"]);
  });

  it("passes over what was cancelled, and what belongs to somebody who is gone", () => {
    const scheduler = new Scheduler<Owner>();
    const owner = { alive: true, paused: false };
    scheduler.after(1, undefined, "cancelled", nothing).cancelled = true;
    scheduler.after(2, owner, "its own", nothing);
    owner.alive = false;
    expect(run(scheduler, 10)).toEqual([]);
  });

  it("holds what belongs to somebody who is paused, and lets it happen in order when he goes on", () => {
    const scheduler = new Scheduler<Owner>();
    const owner = { alive: true, paused: true };
    scheduler.after(1, owner, "first", nothing);
    const second = scheduler.after(2, owner, "second", nothing);
    scheduler.after(3, owner, "third", nothing);
    expect(run(scheduler, 10)).toEqual([]);
    owner.paused = false;
    scheduler.release(owner);
    second.cancelled = true;
    expect(run(scheduler, 20)).toEqual(["first at 10", "third at 10"]);
  });

  it("keeps the order of ten thousand events", () => {
    const scheduler = new Scheduler<Owner>();
    const times = Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_007);
    for (const time of times) scheduler.after(time, undefined, String(time), nothing);
    const sorted = times.sort((a, b) => a - b).map((time) => `${time} at ${time}`);
    expect(run(scheduler, 20_000)).toEqual(sorted);
  });
});
