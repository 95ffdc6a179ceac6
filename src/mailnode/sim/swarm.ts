/**
 * What one seed's cluster is like and what is done to it. Every seed draws its own mixture: a bug that hides behind
 * one kind of fault shows where that fault is away (Groce et al., "Swarm Testing", ISSTA 2012).
 */
import type { Chance } from "./chance.ts";

/** Kinds of faults and of orders; each seed gives them its own weights, many of them none. */
export const DISTURBANCES = [
  "kill",
  "power",
  "powerAll",
  "pause",
  "outage",
  "wipe",
  "isolate",
  "partition",
  "oneWay",
  "flap",
  "slowLink",
  "swizzle",
  "reset",
  "syncError",
  "diskFull",
  "slowSync",
  "damage",
  "clockJump",
  "transfer",
  "members",
] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

/** Founders and spares together, at most. */
const MAX_MACHINES = 7;

export interface Swarm {
  readonly seed: number;
  /** Machines that found the cluster; of them, how many keep no state. */
  readonly founders: number;
  readonly witnesses: number;
  /** Machines with an empty disk that may be taken in. */
  readonly spares: number;
  /** For elections, of each machine; in three of four seeds all are 0, as nodes that belong to no region are. */
  readonly ranks: readonly number[];
  readonly tickMs: number;
  readonly electionTicks: number;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  readonly maxMessageBytes: number;
  readonly maxInflightMessages: number;
  readonly maxUncommittedBytes: number;
  readonly maxApplyBytes: number;
  readonly snapshotLogBytes: number;
  /** 0: nothing of the log stays behind a snapshot. */
  readonly keepLogBytes: number;
  readonly snapshotPieceBytes: number;
  readonly segmentBytes: number;
  /** Of a packet, in milliseconds: at least, and how much longer at most. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Of a packet: that its connection breaks under it. */
  readonly lossRate: number;
  /** Of a message between cores: that it arrives twice. */
  readonly doubleRate: number;
  /** Of what was under way in a connection that broke: that it arrives all the same, later. */
  readonly lateRate: number;
  readonly syncMs: number;
  readonly clients: number;
  readonly thinkMs: number;
  /** Whether its machines gossip as well: in one of three seeds, as that takes half as much time again. */
  readonly gossip: boolean;
  readonly faultTicks: number;
  /** Between two disturbances, on average. */
  readonly disturbanceTicks: number;
  /** Every so often faults rest for as long; 0: never. */
  readonly quietTicks: number;
  readonly weights: Readonly<Record<Disturbance, number>>;
}

/** Gossip and ranks are drawn from streams of their own: with them or without, all else of a seed is the same. */
export function swarmOf(seed: number, chance: Chance): Swarm {
  const founders = chance.pick([1, 2, 3, 3, 3, 3, 4, 5, 5, 5, 6, 7]);
  const witnesses = founders >= 3 && chance.happens(0.2) ? 1 : 0;
  const tickMs = chance.pick([10, 20, 50, 100]);
  const electionTicks = 4 + chance.below(9);
  const faulty = chance.happens(0.95);
  const weights = Object.fromEntries(
    DISTURBANCES.map((name) => {
      const order = name === "transfer" || name === "members";
      if (!faulty && !order) return [name, 0];
      return [name, chance.happens(0.45) ? 0 : chance.between(0.2, 2) * (order ? 2 : 1)];
    }),
  ) as Record<Disturbance, number>;
  return {
    seed,
    founders,
    witnesses,
    spares: Math.min(MAX_MACHINES - founders, chance.below(3)),
    ranks: ranksOf(chance.stream("ranks")),
    tickMs,
    electionTicks,
    preVote: chance.happens(0.7),
    checkQuorum: chance.happens(0.75),
    maxMessageBytes: chance.pick([1, 300, 2000, 1_000_000]),
    maxInflightMessages: chance.pick([1, 2, 8, 256]),
    maxUncommittedBytes: chance.pick([2000, 1_000_000]),
    maxApplyBytes: chance.pick([200, 1_000_000]),
    snapshotLogBytes: chance.pick([1500, 4000, 12_000, 1_000_000]),
    keepLogBytes: chance.pick([0, 0, 600, 4000]),
    snapshotPieceBytes: chance.pick([300, 2000, 100_000]),
    segmentBytes: chance.pick([2048, 4096, 16_384]),
    latencyMs: tickMs * chance.between(0.01, 0.3),
    jitterMs: tickMs * chance.between(0, chance.pick([0.2, 0.6, 2])),
    lossRate: faulty && chance.happens(0.6) ? chance.between(0, 0.02) : 0,
    doubleRate: faulty && chance.happens(0.4) ? chance.between(0, 0.1) : 0,
    lateRate: chance.between(0, 0.7),
    syncMs: tickMs * chance.between(0.01, chance.pick([0.1, 0.5, 1.5])),
    clients: 2 + chance.below(4),
    thinkMs: tickMs * chance.between(0.2, 5),
    gossip: chance.stream("gossip").happens(1 / 3),
    faultTicks: 80 + chance.below(140),
    disturbanceTicks: chance.between(3, 16),
    quietTicks: chance.happens(0.2) ? 40 + chance.below(40) : 0,
    weights,
  };
}

function ranksOf(chance: Chance): readonly number[] {
  const ranked = chance.happens(1 / 4);
  return Array.from({ length: MAX_MACHINES }, () => (ranked ? chance.below(3) : 0));
}
