/*
 * A program that lets messages wait as a restart reads them, and says what they take on its heap. In a process of its own,
 * as what earlier tests left on the heap of theirs may go while it is measured. Its argument: Waiting as JSON; it prints Taken.
 */
import {
  decodeState,
  freshState,
  type Envelope,
  type QueueEntry,
} from "../../../src/mailnode/queue/entry.ts";
import { Schedule } from "../../../src/mailnode/queue/schedule.ts";
import { heapUsed } from "../fixtures/heap-used.ts";
import { envelope } from "../fixtures/messages.ts";

export interface Waiting {
  readonly messages: number;
  /** Of each message. */
  readonly recipients: number;
  /** Of an address, in characters. */
  readonly length: number;
  /** How many recipients of each message have failed. */
  readonly failed: number;
}

export interface Taken {
  readonly messages: number;
  readonly reckonedBytes: number;
  readonly usedBytes: number;
}

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
function addresses(index: number, { recipients, length }: Waiting): string[] {
  const domain = "@b.de";
  return Array.from({ length: recipients }, (_, place) => {
    const local = (index * recipients + place).toString(36);
    return local.padStart(length - domain.length, "0") + domain;
  });
}

const waiting = JSON.parse(process.argv[2]!) as Waiting;
const schedule = new Schedule();
const before = heapUsed();
for (let index = 0; index < waiting.messages; index++) {
  const wanted = envelope(`${index}`.padStart(20, "m"), {
    recipients: addresses(index, waiting),
    acceptedAt: 1.7e12 + index,
  });
  schedule.set(read(wanted, waiting.failed), 1e6 + index / 3);
}
const usedBytes = heapUsed() - before;
const taken: Taken = { messages: schedule.size, reckonedBytes: schedule.heapBytes, usedBytes };
process.stdout.write(JSON.stringify(taken));
