import type { Disk } from "../disk/disk.ts";

/** What the sender said, as it lies in the first line of a queue file. Never changed after acceptance. */
export interface Envelope {
  /** Names the message on every machine it passes through: in the 250, the Received line and the logs. */
  readonly id: string;
  /** "" for the null sender, which no bounce may be sent to (RFC 5321 section 4.5.5). */
  readonly sender: string;
  readonly recipients: readonly string[];
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  /** Declared BODY=8BITMIME (RFC 6152). */
  readonly eightBit: boolean;
}

/** Where delivery stands. Rewritten after each attempt. */
export interface DeliveryState {
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly nextTryAt: number;
  readonly pending: readonly string[];
  /** Recipients given up. Those of a null sender keep the message in failed/, as nobody can be told. */
  readonly failed: readonly FailedRecipient[];
}

export interface FailedRecipient {
  readonly recipient: string;
  /** Enhanced status code (RFC 3463), "5.1.1". */
  readonly status: string;
  /** The next hop's reply, or a sentence of ours. */
  readonly reason: string;
}

/** Ends the name of the file in which a message's state lies, beside the message's own. */
export const STATE = ".state";

/** A message of the queue: all that is known without reading its body. */
export interface QueueEntry {
  readonly envelope: Envelope;
  readonly state: DeliveryState;
  /** Where the message begins in its file, in bytes. */
  readonly bodyStart: number;
}

/** A message nothing was tried with yet. */
export function freshState(envelope: Envelope): DeliveryState {
  return { attempts: 0, nextTryAt: envelope.acceptedAt, pending: envelope.recipients, failed: [] };
}

/** The first line of a queue file. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return Buffer.from(`${JSON.stringify(envelope)}\n`, "utf8");
}

/** Longer than any envelope that the listeners' recipient limit lets through. */
const LONGEST_ENVELOPE_BYTES = 4 * 1024 * 1024;

/** Most are shorter: a start reads that of every message, and little of its body. */
const USUAL_ENVELOPE_BYTES = 4096;

/** Reads the first line of a queue file. Throws when it is no envelope. */
export async function readEnvelope(
  disk: Disk,
  path: string,
): Promise<{ envelope: Envelope; bodyStart: number }> {
  let head = Buffer.alloc(0);
  for await (const piece of disk.read(path, 0, USUAL_ENVELOPE_BYTES)) {
    head = Buffer.concat([head, piece]);
    const end = head.indexOf("\n");
    if (end >= 0) return { envelope: decodeEnvelope(head.toString("utf8", 0, end)), bodyStart: end + 1 };
    if (head.length > LONGEST_ENVELOPE_BYTES) break;
  }
  throw new Error(`${path} does not begin with an envelope`);
}

function decodeEnvelope(line: string): Envelope {
  const value = JSON.parse(line) as Envelope;
  if (typeof value.id !== "string" || typeof value.sender !== "string" || !Array.isArray(value.recipients)) {
    throw new Error("the first line is not an envelope");
  }
  return value;
}

/** Reads a state file's text; undefined when it cannot be, so that delivery starts anew. */
export function decodeState(text: string): DeliveryState | undefined {
  try {
    const value = JSON.parse(text) as DeliveryState;
    return Array.isArray(value.pending) && Array.isArray(value.failed) ? value : undefined;
  } catch {
    return undefined;
  }
}
