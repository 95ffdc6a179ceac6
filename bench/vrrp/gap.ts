/** One try to get an answer through the VIP, in milliseconds since 1970. */
export interface Attempt {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly isGood: boolean;
}

export interface Gap {
  /** From the call that took the power to the first good answer of the successor. */
  readonly answeredMs: number;
  /** From the last good answer before it; shorter, as the machine still answers until its power is gone. */
  readonly silentMs: number;
}

/**
 * The gap that clients see. A try that began before the successor bore the VIP may have been answered by the machine
 * that died; a later one can only have been answered by the successor. Undefined without such an answer.
 */
export function gapOf(attempts: readonly Attempt[], killedMs: number, movedMs: number): Gap | undefined {
  const good = attempts.filter(({ isGood }) => isGood);
  const first = Math.min(
    ...good.filter(({ startedMs }) => startedMs >= movedMs).map(({ endedMs }) => endedMs),
  );
  const last = Math.max(...good.filter(({ startedMs }) => startedMs < movedMs).map(({ endedMs }) => endedMs));
  if (!Number.isFinite(first) || !Number.isFinite(last)) return undefined;
  return { answeredMs: first - killedMs, silentMs: first - last };
}
