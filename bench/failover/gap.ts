import type { Try } from "./probes.ts";

/**
 * The first good answer after the last one that failed in a row from the kill on: what was under way when the machine
 * died may still be answered, and does not count as an answer of the successor.
 */
export function firstGoodAfterSilence(tries: readonly Try[], killedAt: number): Try | undefined {
  const after = tries
    .filter(({ endedMs }) => endedMs >= killedAt)
    .toSorted((a, b) => a.startedMs - b.startedMs);
  const firstBad = after.findIndex(({ isGood }) => !isGood);
  if (firstBad < 0) return after[0];
  return after.slice(firstBad).find(({ isGood }) => isGood);
}
