import { describe, expect, it } from "@jest/globals";
import {
  decodeState,
  freshState,
  type Envelope,
  type QueueEntry,
} from "../../../src/mailnode/queue/entry.ts";
import { Schedule } from "../../../src/mailnode/queue/schedule.ts";
import { heapUsed } from "../fixtures/heap-used.ts";
import { envelope } from "../fixtures/messages.ts";

/** As a restart reads them: with no string in common. */
function read(wanted: Envelope, failures: number): QueueEntry {
  const { acceptedAt, recipients } = wanted;
  const failed = recipients
    .slice(0, failures)
    .map((recipient) => ({ recipient, status: "5.1.1", reason: `550 5.1.1 <${recipient}>: no such user` }));
  const state = {
    ...freshState(wanted),
    nextTryAt: acceptedAt + 0.5,
    pending: recipients.slice(failures),
    failed,
  };
  return {
    envelope: JSON.parse(JSON.stringify(wanted)) as Envelope,
    state: decodeState(JSON.stringify(state))!,
    bodyStart: 100,
  };
}

/** Others for each message, and of more than the ten characters up to which V8 keeps a string once. */
function recipients(index: number, count: number, length: number): string[] {
  const domain = "@b.de";
  return Array.from({ length: count }, (_, place) => {
    const local = (index * count + place).toString(36);
    return local.padStart(length - domain.length, "0") + domain;
  });
}

describe("what a waiting message is said to take on the heap", () => {
  it.each([
    ["one recipient", 5_000, 1, 20, 0],
    ["a hundred short ones", 300, 100, 12, 0],
    ["a hundred of the longest", 300, 100, 253, 0],
    ["a hundred, half of them failed", 300, 100, 40, 50],
  ])(
    "is no less than it takes after a restart, and not twice as much, with %s",
    (...[, count, to, length, failures]) => {
      const schedule = new Schedule();
      const before = heapUsed();
      for (let index = 0; index < count; index++) {
        const wanted = envelope(`${index}`.padStart(20, "m"), {
          recipients: recipients(index, to, length),
          acceptedAt: 1.7e12 + index,
        });
        schedule.set(read(wanted, failures), 1e6 + index / 3);
      }
      const used = heapUsed() - before;
      expect(schedule.size).toBe(count);
      expect(used).toBeLessThanOrEqual(schedule.heapBytes);
      expect(used).toBeGreaterThan(schedule.heapBytes / 2);
    },
  );
});
