/** How far a machine's clock is ahead of ours, and how wrong that may be; milliseconds. */
export interface Offset {
  readonly aheadMs: number;
  readonly uncertaintyMs: number;
}

/**
 * From four times, as NTP does (RFC 5905, section 8): a question was sent and its answer received by our clock, taken
 * up and answered by the machine's. How long the machine took is not part of the error, only the way there and back.
 */
export function offsetOf(
  sent: number,
  { begin, end }: { readonly begin: number; readonly end: number },
  received: number,
): Offset {
  return {
    aheadMs: Math.round((begin - sent + (end - received)) / 2),
    uncertaintyMs: Math.max(0, Math.round((received - sent - (end - begin)) / 2)),
  };
}

/** The same against the median of the machines: that this computer's clock is wrong is no fault of theirs. */
export function aheadOfMedian(offsets: ReadonlyMap<string, Offset>): ReadonlyMap<string, Offset> {
  const sorted = [...offsets.values()].map(({ aheadMs }) => aheadMs).sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return new Map(
    [...offsets].map(([machine, { aheadMs, uncertaintyMs }]) => [
      machine,
      { aheadMs: aheadMs - median, uncertaintyMs },
    ]),
  );
}
