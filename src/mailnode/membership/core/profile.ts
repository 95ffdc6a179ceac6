/** The numbers of one network. Times are milliseconds. */
export interface Profile {
  /** One protocol period: one member is probed in it. */
  readonly probeIntervalMs: number;
  /** How long a direct answer may take before others are asked to probe and TCP is tried. */
  readonly probeTimeoutMs: number;
  /** How many others are asked. */
  readonly indirectProbes: number;
  /** See suspicionMinMs. */
  readonly suspicionMultiplier: number;
  /** See suspicionMaxMs. */
  readonly suspicionMaxMultiplier: number;
  /** See retransmitLimit. */
  readonly retransmitMultiplier: number;
  readonly gossipIntervalMs: number;
  /** How many members each round of gossip goes to. */
  readonly gossipNodes: number;
  /** How long a dead member still gets gossip, so that it can refute. */
  readonly gossipToDeadMs: number;
  /** Between full exchanges of the state; see syncIntervalMs. */
  readonly syncIntervalMs: number;
  /** Between tries to reach a dead member again, which ends a partition that outlived gossipToDeadMs. */
  readonly reconnectIntervalMs: number;
  /** How long a member that is gone is remembered, so that no late word revives it. */
  readonly tombstoneMs: number;
  /** The local health multiplier stays below this (Lifeguard's S). */
  readonly awarenessMax: number;
}

/** One machine room or one metropolitan network: round trips of a few milliseconds. */
export const LAN: Profile = {
  probeIntervalMs: 1_000,
  probeTimeoutMs: 500,
  indirectProbes: 3,
  suspicionMultiplier: 4,
  suspicionMaxMultiplier: 6,
  retransmitMultiplier: 4,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  gossipToDeadMs: 30_000,
  syncIntervalMs: 30_000,
  reconnectIntervalMs: 10_000,
  tombstoneMs: 24 * 3_600_000,
  awarenessMax: 8,
};

/** Between regions: round trips up to some hundred milliseconds, links that lose packets in bursts. */
export const WAN: Profile = {
  ...LAN,
  probeIntervalMs: 5_000,
  probeTimeoutMs: 3_000,
  suspicionMultiplier: 6,
  gossipIntervalMs: 500,
  gossipNodes: 4,
  gossipToDeadMs: 60_000,
  syncIntervalMs: 60_000,
  reconnectIntervalMs: 30_000,
};

/** From this size on a full exchange is made less often. */
const SYNC_SCALE_FROM = 32;

/**
 * The shortest time a suspicion lasts, with all confirmations there are:
 * `suspicionMultiplier * max(1, log10(n)) * probeIntervalMs`, n counting this node (Lifeguard, IV-B). The
 * logarithm is the time that a refutation needs to reach everybody.
 */
export function suspicionMinMs(profile: Profile, n: number): number {
  return profile.suspicionMultiplier * Math.max(1, Math.log10(Math.max(1, n))) * profile.probeIntervalMs;
}

/** The longest time a suspicion lasts, with no confirmation: `suspicionMaxMultiplier * suspicionMinMs`. */
export function suspicionMaxMs(profile: Profile, n: number): number {
  return profile.suspicionMaxMultiplier * suspicionMinMs(profile, n);
}

/**
 * How many confirmations bring a suspicion to its shortest time: `suspicionMultiplier - 2`, and none where
 * there are not so many others to confirm it.
 */
export function confirmationsWanted(profile: Profile, n: number): number {
  const wanted = profile.suspicionMultiplier - 2;
  return n - 2 < wanted ? 0 : wanted;
}

/** How often one piece of news is sent: `retransmitMultiplier * ceil(log10(n + 1))` (SWIM, 4.1). */
export function retransmitLimit(profile: Profile, n: number): number {
  return profile.retransmitMultiplier * Math.ceil(Math.log10(n + 1));
}

/**
 * The time between two full exchanges: `syncIntervalMs` up to 32 members, from there
 * `syncIntervalMs * (1 + ceil(log2(n / 32)))`, so that the traffic of the whole cluster grows slowly.
 */
export function syncIntervalMs(profile: Profile, n: number): number {
  const scale = n <= SYNC_SCALE_FROM ? 1 : 1 + Math.ceil(Math.log2(n / SYNC_SCALE_FROM));
  return profile.syncIntervalMs * scale;
}

/**
 * How long one asked to probe waits before it says that no answer came: four fifths of what is left of the
 * asker's period, so that the word is there before the asker concludes (Lifeguard, IV-A).
 */
export function nackAfterMs(profile: Profile): number {
  return 0.8 * (profile.probeIntervalMs - profile.probeTimeoutMs);
}
