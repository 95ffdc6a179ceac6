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
 * The gap that clients see: the longest silence between two good answers, from the kill up to the first try that began
 * after the successor bore the VIP. The moment itself is no border: tries that began before it are answered after it,
 * when their first packet waited for somebody to claim the address, and it is known with some delay. Undefined when
 * no such try was answered, or nothing before it.
 */
export function gapOf(attempts: readonly Attempt[], killedMs: number, movedMs: number): Gap | undefined {
  const good = attempts.filter(({ isGood }) => isGood).toSorted((a, b) => a.endedMs - b.endedMs);
  const sure = good.findIndex(({ startedMs }) => startedMs >= movedMs);
  const sinceKill = ({ startedMs, endedMs }: Attempt) => [startedMs - killedMs, endedMs - killedMs] as const;
  const gaps = good
    .slice(0, sure + 1)
    .map((first, index): Gap | undefined => {
      const last = good[index - 1];
      return last && { lastGood: sinceKill(last), firstGood: sinceKill(first) };
    })
    .filter((gap) => gap !== undefined && gap.firstGood[1] >= 0);
  return gaps.toSorted((a, b) => silenceOf(b!) - silenceOf(a!))[0];
}

/**
 * How long the VIP was silent, at most: from the start of the last try that was answered, as its end is only known
 * when this process gets to run again.
 */
export function silenceOf({ lastGood, firstGood }: Gap): number {
  return firstGood[1] - lastGood[0];
}
