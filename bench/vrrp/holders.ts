/** The VIP came to a machine, or left it. */
export interface Change {
  readonly machine: string;
  readonly bears: boolean;
  readonly atMs: number;
}

/** What happened to the VIP in a time in which nothing should have. */
export interface Verdict {
  /** Times that the VIP came to a machine. One that goes and comes back counts twice. */
  readonly moves: number;
  /** Whether any machine but the first holder bore it at any moment, or the holder let go of it. */
  readonly isNeedless: boolean;
  /** Times that a second machine bore it beside another, and how long altogether. */
  readonly doubles: number;
  readonly doubleMs: number;
  readonly holderAtEnd: string | undefined;
}

/** Judges the changes of a window that began with one holder, in the order in which they came. */
export function judge(holder: string, changes: readonly Change[], windowMs: number): Verdict {
  const bearers = new Set([holder]);
  let [moves, losses, doubles, doubleMs, last] = [0, 0, 0, 0, 0];
  for (const { machine, bears, atMs } of changes.toSorted((a, b) => a.atMs - b.atMs)) {
    if (bearers.size > 1) doubleMs += atMs - last;
    last = atMs;
    if (!bears) losses += bearers.delete(machine) ? 1 : 0;
    else if (!bearers.has(machine)) {
      moves++;
      bearers.add(machine);
      if (bearers.size > 1) doubles++;
    }
  }
  if (bearers.size > 1) doubleMs += windowMs - last;
  const isNeedless = moves + losses > 0;
  return {
    moves,
    isNeedless,
    doubles,
    doubleMs,
    holderAtEnd: bearers.size === 1 ? [...bearers][0] : undefined,
  };
}

/**
 * A line of `ip -ts -o -4 monitor address` (TZ=UTC), when it is about the VIP. Undefined for other addresses.
 * The refresh of an address that is there looks like its arrival; judge does not count it.
 */
export function parseMonitorLine(line: string, vip: string): Omit<Change, "machine"> | undefined {
  const match = /^\[(\S+)\] (Deleted )?\d+: \S+\s+inet ([\d.]+)\/\d+ /.exec(line);
  if (!match || match[3] !== vip) return undefined;
  return { atMs: Date.parse(`${match[1]}Z`), bears: match[2] === undefined };
}
