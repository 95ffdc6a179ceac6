import type { LimitAlgorithm } from "../../contract/cluster-api.ts";

/**
 * The arithmetic of limits whose budget is handed out in advance. A grant may be used for `validMs` after it was
 * made, by a holder whose clock nobody knows; each rule counts a grant for as long as its last use could still
 * matter. What is promised holds in real time, as the state's time never runs ahead of it (see StateClock):
 *
 * - sliding window: no interval as long as the window sees more than `limit`;
 * - fixed window: no window, counted in the state's time, sees more than `limit`;
 * - token bucket and leaky bucket: no interval of T ms sees more than `burst + limit * T / windowMs`.
 *
 * All numbers are whole, so that replicas cannot differ by rounding.
 */
export interface LimitRecord {
  readonly algorithm: LimitAlgorithm;
  /** Units per window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Of the buckets alone: units that may come at once. */
  readonly burst: number;
  /** How long a grant may be used. */
  readonly validMs: number;
  readonly expiresAt?: undefined;
}

/** What is in use. `level` and `at` mean what the rule says; `slots` hold amounts by the time at which they end. */
export interface Usage {
  readonly level: number;
  readonly at: number;
  readonly slots: readonly (readonly [slot: number, amount: number])[];
}

/** A part of the budget that somebody may still be using. */
export interface Grant {
  readonly index: number;
  readonly node: string;
  readonly amount: number;
  readonly at: number;
  readonly until: number;
}

export interface Rule {
  /** Whole units that can be granted now. */
  readonly available: (limit: LimitRecord, usage: Usage, now: number) => number;
  /** The most that can ever be granted at once. */
  readonly capacity: (limit: LimitRecord) => number;
  /** The end of a grant that is made now. */
  readonly until: (limit: LimitRecord, now: number) => number;
  readonly take: (limit: LimitRecord, usage: Usage, grant: Grant) => Usage;
  /** After the holder said that it used only `used` units and will use no more. */
  readonly giveBack: (limit: LimitRecord, usage: Usage, grant: Grant, used: number, now: number) => Usage;
  /** How long until `need` units may be there, if nobody else comes. */
  readonly retryAfter: (limit: LimitRecord, usage: Usage, need: number, now: number) => number;
  /** When nothing of the usage counts any more. */
  readonly emptyAt: (limit: LimitRecord, usage: Usage, now: number) => number;
}

export const UNUSED: Usage = { level: 0, at: 0, slots: [] };

/**
 * A meter that fills by what is granted and leaks `limit` per window; `level` is in units times windowMs. Grants may
 * be used up to `validMs` late, in which time the meter has leaked: so much less than the burst it holds.
 */
const bucket: Rule = {
  capacity: (limit) => Math.floor(room(limit) / limit.windowMs),
  available: (limit, usage, now) =>
    Math.max(0, Math.floor((room(limit) - leaked(limit, usage, now)) / limit.windowMs)),
  until: (limit, now) => now + limit.validMs,
  take: (limit, usage, { amount, at }) => ({
    level: leaked(limit, usage, at) + amount * limit.windowMs,
    at,
    slots: [],
  }),
  giveBack(limit, usage, grant, used, now) {
    // What has leaked since the grant may have been its own part: only the rest is surely still in the meter.
    const unused = (grant.amount - used) * limit.windowMs - (now - grant.at) * limit.limit;
    return { level: Math.max(0, leaked(limit, usage, now) - Math.max(0, unused)), at: now, slots: [] };
  },
  retryAfter(limit, usage, need, now) {
    const over = leaked(limit, usage, now) + need * limit.windowMs - room(limit);
    return Math.max(1, Math.ceil(over / limit.limit));
  },
  emptyAt: (limit, usage, now) => now + Math.ceil(leaked(limit, usage, now) / limit.limit) + 1,
};

function room(limit: LimitRecord): number {
  return limit.burst * limit.windowMs - limit.limit * limit.validMs;
}

function leaked(limit: LimitRecord, usage: Usage, now: number): number {
  return Math.max(0, usage.level - (now - usage.at) * limit.limit);
}

/** A window is cut into so many slots, and an amount counts to the end of its slot: memory is bounded at a cost of 2 %. */
const SLOTS = 64;

/** A grant counts for a whole window after the last moment at which it may be used. */
const slidingWindow: Rule = {
  capacity: (limit) => limit.limit,
  available: (limit, usage, now) => Math.max(0, limit.limit - counted(limit, usage, now)),
  until: (limit, now) => now + limit.validMs,
  take: (limit, usage, { amount, at, until }) => ({
    ...UNUSED,
    slots: add(live(limit, usage, at), slotOf(limit, until), amount),
  }),
  giveBack(limit, usage, grant, used, now) {
    const without = add(live(limit, usage, now), slotOf(limit, grant.until), -grant.amount);
    return { ...UNUSED, slots: add(without, slotOf(limit, Math.min(now, grant.until)), used) };
  },
  retryAfter(limit, usage, need, now) {
    let free = slidingWindow.available(limit, usage, now);
    for (const [slot, amount] of live(limit, usage, now)) {
      free += amount;
      if (free >= need) return Math.max(1, slot * slotMs(limit) + 1 - now);
    }
    return limit.windowMs;
  },
  emptyAt: (limit, usage, now) => Math.max(now, ...usage.slots.map(([slot]) => slot * slotMs(limit))) + 1,
};

function slotMs(limit: LimitRecord): number {
  return Math.max(1, Math.floor(limit.windowMs / SLOTS));
}

function slotOf(limit: LimitRecord, lastUse: number): number {
  return Math.ceil((lastUse + limit.windowMs) / slotMs(limit));
}

function live(limit: LimitRecord, usage: Usage, now: number): Usage["slots"] {
  return usage.slots.filter(([slot]) => slot * slotMs(limit) >= now);
}

function counted(limit: LimitRecord, usage: Usage, now: number): number {
  return live(limit, usage, now).reduce((sum, [, amount]) => sum + amount, 0);
}

function add(slots: Usage["slots"], slot: number, amount: number): Usage["slots"] {
  const sums = new Map(slots);
  sums.set(slot, (sums.get(slot) ?? 0) + amount);
  return [...sums].filter(([, sum]) => sum !== 0).sort(([a], [b]) => a - b);
}

/** `level` is what was granted in window number `at`; no grant reaches into the next window. */
const fixedWindow: Rule = {
  capacity: (limit) => limit.limit,
  available: (limit, usage, now) => Math.max(0, limit.limit - usedNow(limit, usage, now)),
  until: (limit, now) => Math.min(now + limit.validMs, (windowOf(limit, now) + 1) * limit.windowMs),
  take: (limit, usage, { amount, at }) => ({
    level: usedNow(limit, usage, at) + amount,
    at: windowOf(limit, at),
    slots: [],
  }),
  giveBack(limit, usage, grant, used, now) {
    if (windowOf(limit, grant.at) !== windowOf(limit, now)) return usage;
    return { ...usage, level: usage.level - (grant.amount - used) };
  },
  retryAfter: (limit, _usage, _need, now) => (windowOf(limit, now) + 1) * limit.windowMs - now,
  emptyAt: (limit, usage) => (usage.at + 1) * limit.windowMs,
};

function windowOf(limit: LimitRecord, now: number): number {
  return Math.floor(now / limit.windowMs);
}

function usedNow(limit: LimitRecord, usage: Usage, now: number): number {
  return usage.at === windowOf(limit, now) ? usage.level : 0;
}

export const RULES: Record<LimitAlgorithm, Rule> = {
  "token-bucket": bucket,
  "leaky-bucket": bucket,
  "sliding-window": slidingWindow,
  "fixed-window": fixedWindow,
};
