import type { QueueEntry } from "./entry.ts";

/** Of a message besides its strings: its objects and arrays, and its places in the schedule. */
const MESSAGE_BYTES = 800;
/** Of a string besides its characters: its header, its padding, and the place that refers to it. */
const STRING_BYTES = 40;

/** What a message that waits takes on the heap, in bytes, rather too much than too little. */
export function heapBytes({ envelope, state }: QueueEntry): number {
  // After a restart `pending` holds strings of its own.
  let bytes = MESSAGE_BYTES + stringBytes(envelope.sender);
  for (const recipient of envelope.recipients) bytes += stringBytes(recipient);
  for (const recipient of state.pending) bytes += stringBytes(recipient);
  for (const { recipient, reason } of state.failed)
    bytes += 3 * STRING_BYTES + recipient.length + reason.length;
  return bytes;
}

function stringBytes({ length }: string): number {
  return STRING_BYTES + length;
}
