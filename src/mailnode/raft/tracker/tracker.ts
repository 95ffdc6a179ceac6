/** All members as one leader sees them, and the votes of one candidate: progress by node, asked through one quorum. */
import { JointConfig } from "../quorum/joint.ts";
import type { VoteResult } from "../quorum/majority.ts";
import type { Index, Membership, NodeId } from "../core/types.ts";
import { Progress } from "./progress.ts";
import type { Window } from "./progress.ts";

export interface Peer {
  readonly id: NodeId;
  readonly progress: Progress;
  readonly isWitness: boolean;
}

export class Tracker {
  readonly #self: NodeId;
  readonly #window: Window;
  #quorum = new JointConfig([]);
  #members = new Map<NodeId, Progress>();
  #peers: readonly Peer[] = [];
  #witnesses: ReadonlySet<NodeId> = new Set();
  readonly #votes = new Map<NodeId, boolean>();

  constructor(self: NodeId, window: Window) {
    this.#self = self;
    this.#window = window;
  }

  get quorum(): JointConfig {
    return this.#quorum;
  }

  /** Every member but this node. */
  get peers(): readonly Peer[] {
    return this.#peers;
  }

  /** Undefined for a stranger. */
  of(id: NodeId): Progress | undefined {
    return this.#members.get(id);
  }

  /** Takes a new membership: who stays keeps its progress, who is new or came back starts from nothing. */
  reconfigure(membership: Membership, lastIndex: Index): void {
    this.#quorum = JointConfig.of(membership);
    const ids = [...this.#quorum.ids(), ...membership.learners, ...membership.learnersNext];
    const members = new Map<NodeId, Progress>();
    for (const id of ids) members.set(id, this.#members.get(id) ?? this.#fresh(lastIndex));
    this.#members = members;
    this.#witnesses = new Set(membership.witnesses);
    this.#peers = [...members]
      .filter(([id]) => id !== this.#self)
      .map(([id, progress]) => ({ id, progress, isWitness: this.#witnesses.has(id) }));
  }

  /** Forgets all progress and all votes: another term, another leader. */
  reset(membership: Membership, lastIndex: Index): void {
    this.#members = new Map();
    this.#votes.clear();
    this.reconfigure(membership, lastIndex);
  }

  /** The highest index on a quorum's disks. */
  committedIndex(): Index {
    return this.#quorum.committedIndex((id) => this.#members.get(id)?.match);
  }

  /** The same, if all witnesses held everything. */
  committedWithWitnesses(): Index {
    return this.#quorum.committedIndex((id) =>
      this.#witnesses.has(id) ? Infinity : this.#members.get(id)?.match,
    );
  }

  /** The latest round of heartbeats that a quorum answered, this node's own answer being `ownRound`. */
  confirmedRound(ownRound: number): number {
    return this.#quorum.committedIndex((id) =>
      id === this.#self ? ownRound : this.#members.get(id)?.ackedRound,
    );
  }

  /** Whether a quorum, this node included, answered since the last call. */
  takeQuorumActive(): boolean {
    const active = this.#quorum.voteResult((id) => id === this.#self || this.#members.get(id)?.recentActive);
    for (const { progress } of this.#peers) progress.recentActive = false;
    return active === "won";
  }

  /** How many members, learners included, hold `index` on their disks. */
  holders(index: Index): number {
    let count = 0;
    for (const progress of this.#members.values()) if (progress.match >= index) count++;
    return count;
  }

  /** Notes a vote; the first one of a voter counts. */
  recordVote(id: NodeId, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  hasVoted(id: NodeId): boolean {
    return this.#votes.has(id);
  }

  clearVotes(): void {
    this.#votes.clear();
  }

  voteResult(): VoteResult {
    return this.#quorum.voteResult((id) => this.#votes.get(id));
  }

  #fresh(lastIndex: Index): Progress {
    const progress = new Progress(lastIndex + 1, this.#window);
    // A new member is given one period of check quorum to show itself.
    progress.recentActive = true;
    return progress;
  }
}
