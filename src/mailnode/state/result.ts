import type { Command } from "./command.ts";

/** Why the state refused a command. A refusal is an answer like any other: it is final, and the same on every replica. */
export type RefusalCode =
  | "MALFORMED"
  | "SESSION_UNKNOWN"
  | "SESSION_FULL"
  | "REQUEST_ANSWERED"
  | "VERSION_MISMATCH"
  | "NOT_FOUND"
  | "FENCED"
  | "LEASE_HELD"
  | "LEASE_LOST"
  | "TABLE_FULL"
  | "LIMIT_EXHAUSTED"
  | "LIMIT_IMPOSSIBLE"
  | "IN_MAINTENANCE"
  | "LAST_ADMIN";

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly detail: string;
  /** When it may be worth asking again. */
  readonly retryAfterMs?: number;
}

export interface Done<Value = unknown> {
  readonly ok: true;
  readonly value: Value;
}

export type Result<Value = unknown> = Done<Value> | Refusal;

/** What a command answers when it was done; null where there is nothing to say. */
export interface Values {
  readonly "session.open": { readonly session: number };
  readonly "key.set": { readonly version: number };
  readonly "lease.acquire": { readonly token: number };
  readonly "config.put": { readonly version: number };
  readonly "limit.grant": { readonly grant: number; readonly amount: number; readonly validMs: number };
  readonly "affinity.bind": { readonly version: number };
  readonly "affinity.move": { readonly moved: number };
}

export type ValueOf<Type extends Command["type"]> = Type extends keyof Values ? Values[Type] : null;

export function done<Value>(value: Value): Done<Value> {
  return { ok: true, value };
}

export const DONE: Done<null> = { ok: true, value: null };

export function refuse(code: RefusalCode, detail: string, retryAfterMs?: number): Refusal {
  return retryAfterMs === undefined ? { ok: false, code, detail } : { ok: false, code, detail, retryAfterMs };
}
