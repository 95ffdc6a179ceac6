/**
 * The quorum of a configuration, joint or not (dissertation 4.3): a decision needs a majority of the incoming
 * voters and, while they are there, a majority of the outgoing ones. All of the core asks here and nowhere else,
 * so that no question can forget the outgoing half.
 */
import type { Index, Membership, NodeId } from "../core/types.ts";
import { majorityCommitted, majorityVote } from "./majority.ts";
import type { AckedIndex, VoteOf, VoteResult } from "./majority.ts";

export class JointConfig {
  readonly incoming: readonly NodeId[];
  readonly outgoing: readonly NodeId[];

  constructor(incoming: readonly NodeId[], outgoing: readonly NodeId[] = []) {
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  /** The quorum that a membership demands. */
  static of(membership: Membership): JointConfig {
    return new JointConfig(membership.voters, membership.votersOutgoing);
  }

  /** The highest index that both majorities hold; Infinity when there is no voter at all. */
  committedIndex(acked: AckedIndex): Index {
    return Math.min(majorityCommitted(this.incoming, acked), majorityCommitted(this.outgoing, acked));
  }

  /** Lost as soon as one half is lost, won when both are won. */
  voteResult(voteOf: VoteOf): VoteResult {
    const incoming = majorityVote(this.incoming, voteOf);
    const outgoing = majorityVote(this.outgoing, voteOf);
    if (incoming === outgoing) return incoming;
    return incoming === "lost" || outgoing === "lost" ? "lost" : "pending";
  }

  /** Whether its vote counts in either half. */
  has(id: NodeId): boolean {
    return this.incoming.includes(id) || this.outgoing.includes(id);
  }

  /** Every voter once, incoming ones first. */
  ids(): readonly NodeId[] {
    return [...this.incoming, ...this.outgoing.filter((id) => !this.incoming.includes(id))];
  }
}
