/** What a leader appended and somebody waits for: until enough disks have it, or it is not known any more. */
import type { ConsistencyLevel } from "../../../contract/cluster-api.ts";
import { replicasOf } from "../../cluster/level.ts";
import type { Role } from "../core/ready.ts";
import type { Entry, Index, Membership, Term } from "../core/types.ts";
import type { Outcome } from "./packet.ts";

/** What is asked of a core. */
export interface Progress {
  readonly role: Role;
  readonly term: Term;
  readonly committed: Index;
  readonly membership: Membership;
  holders(index: Index): number;
}

export interface Wait {
  readonly index: Index;
  readonly level: ConsistencyLevel;
  /** How many disks must have it, and whether it must be committed. */
  readonly replicas: number;
  readonly mustCommit: boolean;
  /** Asked once it is committed: whether that is enough. */
  readonly isDone: () => boolean;
  readonly settle: (outcome: Outcome) => void;
  committed: boolean;
  /** How many disks had it when that was last known. */
  holders: number;
  settled: boolean;
  ticks: number;
}

/**
 * Entries of one term, in their order. To learn that an entry is committed, it must be looked at while its term's
 * leader leads: afterwards another entry may stand at its index.
 */
export class LevelWaits {
  readonly #levelTicks: number;
  #term: Term = 0;
  /** Those that a commit settles, in the order of their entries; nearly all are. */
  #quorum: Wait[] = [];
  readonly #others = new Set<Wait>();

  constructor(levelTicks: number) {
    this.#levelTicks = levelTicks;
  }

  /** Begins to wait for an entry that was just appended in the core's term. */
  add(
    core: Progress,
    entry: Entry,
    level: ConsistencyLevel,
    settle: (outcome: Outcome) => void,
    isDone?: () => boolean,
  ): Wait {
    this.#checkTerm(core);
    this.#term = core.term;
    const replicas = replicasOf(level, level === "quorum" ? votersOf(core) : membersOf(core));
    const wait: Wait = {
      index: entry.index,
      level,
      replicas,
      mustCommit: replicas >= replicasOf("quorum", votersOf(core)),
      isDone: isDone ?? (() => true),
      settle,
      committed: false,
      holders: 0,
      settled: false,
      ticks: 0,
    };
    if (level === "quorum" && !isDone) this.#quorum.push(wait);
    else this.#others.add(wait);
    return wait;
  }

  /** Settles all that can be. To be called before and after a core hands out what it has. */
  check(core: Progress): void {
    if (!this.#checkTerm(core)) return;
    const { committed } = core;
    let count = 0;
    for (; count < this.#quorum.length && this.#quorum[count]!.index <= committed; count++) {
      const wait = this.#quorum[count]!;
      if (!wait.settled) this.#accept(core, wait);
    }
    if (count > 0) this.#quorum.splice(0, count);
    for (const wait of this.#others) this.#look(core, wait);
  }

  /** One tick went by: levels above a quorum are not waited for without end. */
  tick(core: Progress): void {
    this.check(core);
    for (const wait of this.#others) {
      if (wait.committed && ++wait.ticks >= this.#levelTicks) this.#giveUp(wait, "it was not met in time");
    }
  }

  /** Whoever waits does not want to wait longer. */
  abandon(core: Progress, wait: Wait): void {
    this.check(core);
    this.#giveUp(wait, "there was no commit in time");
  }

  /** Nothing will be known any more. */
  end(why: string): void {
    for (const wait of [...this.#quorum.splice(0), ...this.#others]) this.#giveUp(wait, why);
  }

  #look(core: Progress, wait: Wait): void {
    wait.committed ||= core.committed >= wait.index;
    wait.holders = core.holders(wait.index);
    const enough = wait.holders >= wait.replicas && (wait.committed || !wait.mustCommit);
    if (enough && wait.isDone()) this.#accept(core, wait);
  }

  #accept(core: Progress, wait: Wait): void {
    const { index } = wait;
    const committed = core.committed >= index;
    const replicas = core.holders(index);
    this.#settle(wait, { type: "accepted", accepted: { index, term: this.#term, replicas, committed } });
  }

  #giveUp(wait: Wait, why: string): void {
    const { index, level, committed, holders: replicas } = wait;
    const accepted = { index, term: this.#term, replicas, committed };
    this.#settle(wait, committed ? { type: "levelNotMet", accepted, level } : { type: "unknown", why });
  }

  #settle(wait: Wait, outcome: Outcome): void {
    this.#others.delete(wait);
    if (wait.settled) return;
    wait.settled = true;
    wait.settle(outcome);
  }

  #checkTerm(core: Progress): boolean {
    if (core.role === "leader" && core.term === this.#term) return true;
    this.end("the leader changed");
    return false;
  }
}

function votersOf({ membership }: Progress): number {
  return membership.voters.length;
}

/** Learners have a disk too. */
function membersOf({ membership }: Progress): number {
  const { voters, votersOutgoing, learners } = membership;
  return new Set([...voters, ...votersOutgoing, ...learners]).size;
}
