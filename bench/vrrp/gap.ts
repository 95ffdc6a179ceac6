/** One try to get an answer through the VIP, in milliseconds since 1970. */
export interface Attempt {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly isGood: boolean;
}

/** The two tries around the gap, from start to end, in milliseconds from the kill. */
export interface Gap {
  readonly lastGood: readonly [number, number];
  readonly firstGood: readonly [number, number];
}

/**
 * The gap that clients see: around the moment at which the successor bore the VIP. A standby takes it some adverts after
 * the holder's death, so what is answered before came from the one, and what is answered later from the other; also a
 * try that began in between, and whose first packet waited in this machine for somebody to claim the address. Undefined
 * without a good answer on both sides.
 */
export function gapOf(attempts: readonly Attempt[], killedMs: number, movedMs: number): Gap | undefined {
  const good = attempts.filter(({ isGood }) => isGood).toSorted((a, b) => a.endedMs - b.endedMs);
  const last = good.findLast(({ endedMs }) => endedMs < movedMs);
  const first = good.find(({ endedMs }) => endedMs >= movedMs);
  if (!first || !last) return undefined;
  const sinceKill = ({ startedMs, endedMs }: Attempt) => [startedMs - killedMs, endedMs - killedMs] as const;
  return { lastGood: sinceKill(last), firstGood: sinceKill(first) };
}

/**
 * How long the VIP was silent, at most: from the start of the last try that was answered, as its end is only known
 * when this process gets to run again.
 */
export function silenceOf({ lastGood, firstGood }: Gap): number {
  return firstGood[1] - lastGood[0];
}
