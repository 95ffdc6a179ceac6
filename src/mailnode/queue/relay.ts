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
  /**
   * What the attempt tells of the next hop: "away" when it gave no answer before MAIL, which every message would have met;
   * "refuses" when it did not want this session, or ended it, which tells nothing of others; else "works".
   */
  readonly nextHop: "works" | "refuses" | "away";
}

/** Takes one message to where it goes next. Never rejects: a failure is an outcome. */
export type Relay = (entry: QueueEntry, body: AsyncIterable<Uint8Array>) => Promise<RelayResult>;
