/** What a leader does for those who ask, on this node or another: appends, and tells when enough disks have it. */
import type { ConsistencyLevel } from "../../../contract/cluster-api.ts";
import { isJoint } from "../core/membership-change.ts";
import type { ProposalRefusal, Raft } from "../core/raft.ts";
import { LevelWaits } from "./level-waits.ts";
import type { Ask, Outcome } from "./packet.ts";

export interface LeaderDeskOptions {
  readonly maxCommandBytes: number;
  readonly levelTicks: number;
  /** Writes the leader's clocks into a command, as he appends it. */
  readonly stamp: (command: Uint8Array) => void;
  /** Does something in a turn of the driver. */
  readonly enter: (event: (raft: Raft) => void) => void;
}

const PROPOSAL_REFUSALS = {
  "not-leader": "no-leader",
  transferring: "transferring",
  "too-much-uncommitted": "overloaded",
} as const satisfies Record<ProposalRefusal, string>;

export class LeaderDesk {
  readonly #options: LeaderDeskOptions;
  readonly #waits: LevelWaits;

  constructor(options: LeaderDeskOptions) {
    this.#options = options;
    this.#waits = new LevelWaits(options.levelTicks);
  }

  /** Does what is asked; `signal` ends the waiting, not what was begun. */
  serve(raft: Raft, ask: Ask, settle: (outcome: Outcome) => void, signal?: AbortSignal): void {
    if (raft.role !== "leader") return settle({ type: "notProposed", reason: "no-leader" });
    switch (ask.type) {
      case "propose":
        return this.#append(raft, ask.command, ask.level, settle, signal);
      case "transfer": {
        if (raft.transferLeadership(ask.to) !== undefined)
          return settle({ type: "notProposed", reason: "transferring" });
        // That it began; that it came to its end, everybody sees.
        const accepted = { index: 0, term: raft.term, replicas: 0, committed: false };
        return settle({ type: "accepted", accepted });
      }
      case "change": {
        const entry = raft.proposeMembership(ask.changes);
        if ("refused" in entry) return settle({ type: "refused", why: entry.refused });
        this.#waits.add(raft, entry, "quorum", settle, () => isSettled(raft));
      }
    }
  }

  /** Answers all that can be answered. To be called before and after the core hands out what it has. */
  check(raft: Raft): void {
    this.#waits.check(raft);
  }

  tick(raft: Raft): void {
    this.#waits.tick(raft);
  }

  end(why: string): void {
    this.#waits.end(why);
  }

  #append(
    raft: Raft,
    command: Uint8Array,
    level: ConsistencyLevel,
    settle: (outcome: Outcome) => void,
    signal: AbortSignal | undefined,
  ): void {
    const { maxCommandBytes, stamp, enter } = this.#options;
    if (command.length > maxCommandBytes) return settle({ type: "notProposed", reason: "too-large" });
    stamp(command);
    const entry = raft.propose(command);
    if ("refused" in entry) return settle({ type: "notProposed", reason: PROPOSAL_REFUSALS[entry.refused] });
    const giveUp = (): void => enter(() => this.#waits.abandon(raft, wait));
    const wait = this.#waits.add(raft, entry, level, (outcome) => {
      signal?.removeEventListener("abort", giveUp);
      settle(outcome);
    });
    signal?.addEventListener("abort", giveUp, { once: true });
  }
}

/** Whether the members are what they are to be, and will stay so: who was left out may be stopped. */
function isSettled({ membership, membershipIndex, committed }: Raft): boolean {
  return !isJoint(membership) && membershipIndex <= committed;
}
