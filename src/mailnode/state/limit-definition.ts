import type { CommandOf } from "./command.ts";
import type { LimitRecord } from "./limit-rules.ts";
import { refuse, type Refusal } from "./result.ts";

/** Shorter than this a grant has ended before it arrives. */
const MIN_VALID_MS = 50;

/**
 * A limit with its defaults, and with the time for which a grant is valid: at most the sync interval, and short
 * enough that budget in hand costs no more than a quarter of a window or of a burst. Refuses what cannot be shared.
 */
export function defineLimit(command: CommandOf<"limit.define">): LimitRecord | Refusal {
  const { algorithm, limit, windowMs, syncIntervalMs, burst = Math.max(2, limit) } = command;
  const share = (ms: number): number => Math.min(syncIntervalMs, Math.floor(ms / 4));
  switch (algorithm) {
    case "sliding-window":
    case "fixed-window":
      return { algorithm, limit, windowMs, burst: limit, validMs: share(windowMs) };
    case "token-bucket":
    case "leaky-bucket": {
      const validMs = share((burst * windowMs) / limit);
      if (validMs < MIN_VALID_MS) {
        const least = Math.ceil((4 * MIN_VALID_MS * limit) / windowMs);
        return refuse(
          "LIMIT_IMPOSSIBLE",
          `a burst of ${burst} is used up at once: it must be at least ${least}`,
        );
      }
      if (burst * windowMs > Number.MAX_SAFE_INTEGER)
        return refuse("LIMIT_IMPOSSIBLE", `a burst of ${burst} in ${windowMs} ms is too large to be counted`);
      return { algorithm, limit, windowMs, burst, validMs };
    }
  }
}
