import type { Env } from "../../support/env.ts";
import { NotProposed, type Consensus } from "./consensus.ts";

/** How long to wait before a command is proposed again, if nobody else begins to lead before; each time twice as long. */
const RETRY_MS = 50;
const LONGEST_RETRY_MS = 400;

/** Why a pause ends early: one for all, as each error that is made costs time. */
const OVER = new Error("the pause is over");

/** Waits for a moment, longer after each pause before, or until another member leads or the signal ends it. */
export async function pauseBeforeRetry(
  consensus: Consensus,
  env: Env,
  signal: AbortSignal,
  before = 0,
): Promise<void> {
  const end = new AbortController();
  const stop = (): void => end.abort(OVER);
  const forget = consensus.onLeaderChange((leader) => {
    if (leader !== undefined) stop();
  });
  signal.addEventListener("abort", stop, { once: true });
  const ms = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** before);
  await env.sleep(ms * (0.5 + env.random()), end.signal).catch(() => undefined);
  signal.removeEventListener("abort", stop);
  forget();
}

/** Whether what stood in the way of a proposal may be gone in a moment. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof NotProposed)) return false;
  return error.reason === "no-leader" || error.reason === "transferring" || error.reason === "overloaded";
}

/** Whether it certainly was not done and will not be if it is tried again: the log has stopped. */
export function isFinal(error: unknown): boolean {
  return error instanceof NotProposed && !mayPass(error);
}
