import type { QueueEntry } from "./entry.ts";

/** What became of one recipient in one attempt. */
export type Outcome =
  | { readonly status: "delivered" }
  /** Worth another try. */
  | { readonly status: "deferred"; readonly reason: string }
  /** Never will be: `code` is the enhanced status code (RFC 3463). */
  | { readonly status: "rejected"; readonly code: string; readonly reason: string };

export interface RelayResult {
  /** One outcome for each recipient that was still pending. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Whether the next hop spoke with us at all; when not, every message would have met the same. */
  readonly reached: boolean;
}

/** Takes one message to where it goes next. Never rejects: a failure is an outcome. */
export type Relay = (entry: QueueEntry, body: AsyncIterable<Uint8Array>) => Promise<RelayResult>;
