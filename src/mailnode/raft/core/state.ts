/** What a core knows: the state of figure 3.1 of the dissertation, the role's own, and what waits to go out. */
import { RaftLog } from "./log.ts";
import type { Message } from "./messages.ts";
import type { RaftOptions, RaftStart } from "./options.ts";
import { ReadQueue } from "./read-queue.ts";
import type { ReadState, Role } from "./ready.ts";
import { Tracker } from "../tracker/tracker.ts";
import type { NodeId, SnapshotMeta, Term } from "./types.ts";

export class RaftState {
  readonly id: NodeId;
  readonly options: RaftOptions;
  readonly log: RaftLog;
  readonly tracker: Tracker;

  term: Term;
  vote: NodeId | undefined;
  role: Role = "follower";
  leader: NodeId | undefined;

  /** Ticks since this node was made. */
  ticks = 0;
  /** Ticks since this node heard its leader, granted a vote or campaigned; for a leader, since it looked for its quorum. */
  electionElapsed = 0;
  /** At this many, a follower campaigns. Drawn anew with every role. */
  electionTimeout = 0;
  heartbeatElapsed = 0;

  /** The snapshot that replaced the log and is not yet durable; until it is, this node does not campaign. */
  installing: SnapshotMeta | undefined;
  /** The same, for the next batch alone. */
  snapshotToPersist: SnapshotMeta | undefined;

  /** Leader: the bytes of entries behind the commit index. */
  uncommittedBytes = 0;
  /** Leader: ticks since its disk has taken something, while there is something to take. */
  diskElapsed = 0;
  /** Leader: rounds of heartbeats sent in this term. */
  round = 0;
  readonly reads: ReadQueue;
  /** Leader: to whom leadership is being given, since which tick, and whether it was told to stand. */
  transferee: NodeId | undefined;
  transferStart = 0;
  timeoutNowSent = false;

  readonly messages: Message[] = [];
  readonly messagesAfterPersist: Message[] = [];
  readonly readStates: ReadState[] = [];

  constructor(options: RaftOptions, start: RaftStart) {
    this.id = options.id;
    this.options = options;
    this.log = new RaftLog(start);
    this.term = start.hardState.term;
    this.vote = start.hardState.vote;
    this.tracker = new Tracker(options.id, options);
    this.reads = new ReadQueue(Math.floor(options.random() * 2 ** 52), options.electionTicks);
  }

  /** Its own knowledge counts too: one that was removed holds no more state than before. */
  get isWitness(): boolean {
    return this.options.witness || this.log.membership.witnesses.includes(this.id);
  }

  /**
   * Whether this node may stand for election: a voter with state, and no half-installed snapshot. A node that its
   * latest membership leaves out stands too until that is known to be committed: it may be the only one with a
   * log that the others need (4.2.2).
   */
  get promotable(): boolean {
    if (this.installing !== undefined || this.options.witness) return false;
    return this.log.possibleMemberships.some(
      ({ voters, votersOutgoing, witnesses }) =>
        (voters.includes(this.id) || votersOutgoing.includes(this.id)) && !witnesses.includes(this.id),
    );
  }

  /** Whether the leader committed an entry of its own term: only then its commit index is the cluster's (6.4). */
  get committedInTerm(): boolean {
    return this.log.termAt(this.log.committed) === this.term;
  }

  /** For what needs nothing on this node's disk. */
  send(message: Message): void {
    this.messages.push(message);
  }

  /** For what promises that this node will remember: held until all that is not yet durable is. */
  sendAfterPersist(message: Message): void {
    this.messagesAfterPersist.push(message);
  }
}
