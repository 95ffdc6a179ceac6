/** How many connections each listener of a balancer may hold. */
export interface ConnectionLimits {
  readonly total: number;
  readonly smtp: number;
  readonly submission: number;
  readonly submissions: number;
  readonly console: number;
}

/*
 * Shares of the public listeners. They sum up to less than 1: what is left belongs to the database, the cache,
 * peers and statistics, so that no flood on public ports takes the last connection from them.
 */
const SHARES = { smtp: 0.5, submission: 0.1, submissions: 0.1, console: 0.1 };

/** Splits the connections of one balancer, 100 or more, over its listeners. */
export function connectionLimits(total: number): ConnectionLimits {
  const share = (part: number): number => Math.floor(total * part);
  return {
    total,
    smtp: share(SHARES.smtp),
    submission: share(SHARES.submission),
    submissions: share(SHARES.submissions),
    console: share(SHARES.console),
  };
}
