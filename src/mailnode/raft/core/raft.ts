/**
 * One member's Raft, without a clock, a disk or a network: messages, ticks and proposals go in; messages, a batch
 * for the disk and committed entries come out (shape of etcd's raft: the shell does all I/O around it).
 *
 *     step, tick, propose ...   then   ready()   then   persisted(token), applied(index)
 *
 * Nothing is sent from inside a call: all that waits goes out with the next ready(), so that what came in together
 * leaves together. A shell calls ready() after each turn of its loop until it returns undefined.
 */
import { campaign, handleOwnVote, handlePreVote, handlePreVoteResponse } from "./election.ts";
import { handleTimeoutNow, handleVote, handleVoteResponse, holdsToLeader, tickElection } from "./election.ts";
import { broadcastHeartbeat, handleHeartbeat, handleHeartbeatResponse, tickLeader } from "./heartbeat.ts";
import { InvariantViolation } from "./invariant.ts";
import { appendAsLeader } from "./leader-log.ts";
import type { MemberChange } from "./membership-change.ts";
import { isOut, leaveWhenCommitted, proposeLeave, proposeMembership } from "./membership.ts";
import type { MembershipResult, Transition } from "./membership.ts";
import type { Append, Heartbeat, Message, Snapshot } from "./messages.ts";
import { checkOptions } from "./options.ts";
import type { RaftOptions, RaftStart } from "./options.ts";
import {
  confirmReads,
  handleReadIndex,
  handleReadIndexResponse,
  requestRead,
  startReads,
} from "./readindex.ts";
import type { ReadRefusal } from "./readindex.ts";
import type { PersistToken, Ready, Role } from "./ready.ts";
import {
  acknowledge,
  handleAppend,
  handleAppendResponse,
  handleOwnProgress,
  replicate,
} from "./replication.ts";
import { becomeFollower, restartTimer } from "./roles.ts";
import { restoreSnapshot } from "./snapshot.ts";
import { RaftState } from "./state.ts";
import { Output } from "./output.ts";
import { statusOf } from "./status.ts";
import type { RaftStatus } from "./status.ts";
import { completeTransfer, sendTimeoutNow, startTransfer } from "./transfer.ts";
import type { TransferRefusal } from "./transfer.ts";
import type { Entry, Index, Membership, NodeId, SnapshotMeta, Term } from "./types.ts";

export type ProposalRefusal = "not-leader" | "transferring" | "too-much-uncommitted";

export class Raft {
  readonly #state: RaftState;
  readonly #output: Output;

  /** Throws a RangeError for bad options, an InvariantViolation for a disk whose parts do not fit together. */
  constructor(options: RaftOptions, start: RaftStart) {
    checkOptions(options);
    this.#state = new RaftState(options, start);
    restartTimer(this.#state);
    this.#output = new Output(this.#state, start.hardState);
  }

  get id(): NodeId {
    return this.#state.id;
  }

  get term(): Term {
    return this.#state.term;
  }

  get role(): Role {
    return this.#state.role;
  }

  /** Undefined while nobody is known to lead. */
  get leader(): NodeId | undefined {
    return this.#state.leader;
  }

  get committed(): Index {
    return this.#state.log.committed;
  }

  /** The membership in force: the latest in the log, committed or not. */
  get membership(): Membership {
    return this.#state.log.membership;
  }

  /** Where that stands in the log; 0 for that of the snapshot. */
  get membershipIndex(): Index {
    return this.#state.log.membershipIndex;
  }

  /** One unit of time went by. */
  tick(): void {
    this.#state.ticks++;
    if (this.#state.role === "leader") tickLeader(this.#state);
    else tickElection(this.#state);
  }

  /** Stands for election now, if this node may. */
  campaign(): void {
    campaign(this.#state);
  }

  /** Takes a message. Those to somebody else are passed over. */
  step(message: Message): void {
    const state = this.#state;
    if (message.to !== state.id || message.from === state.id) return;
    if (message.term > state.term && !this.#enterTermOf(message)) return;
    if (message.term < state.term) {
      this.#answerStale(message);
      return;
    }
    switch (message.type) {
      case "preVote":
        return handlePreVote(state, message);
      case "preVoteResponse":
        return handlePreVoteResponse(state, message);
      case "vote":
        return handleVote(state, message);
      case "voteResponse":
        return handleVoteResponse(state, message);
      case "append":
        this.#follow(message);
        return handleAppend(state, message);
      case "appendResponse":
        return handleAppendResponse(state, message);
      case "heartbeat":
        this.#follow(message);
        return handleHeartbeat(state, message);
      case "heartbeatResponse":
        return handleHeartbeatResponse(state, message);
      case "snapshot":
        this.#follow(message);
        return this.#restore(message);
      case "timeoutNow":
        return handleTimeoutNow(state);
      case "readIndex":
        return handleReadIndex(state, message);
      case "readIndexResponse":
        return handleReadIndexResponse(state, message);
    }
  }

  /** Appends data to the leader's log: the entry, which will be committed under its term and index or never. */
  propose(data: Uint8Array): Entry | { readonly refused: ProposalRefusal } {
    const state = this.#state;
    if (state.role !== "leader") return { refused: "not-leader" };
    if (state.transferee !== undefined) return { refused: "transferring" };
    if (state.uncommittedBytes >= state.options.maxUncommittedBytes)
      return { refused: "too-much-uncommitted" };
    return appendAsLeader(state, "data", data);
  }

  /** Changes the members; the result is in force at once and settled when its entry is committed. */
  proposeMembership(changes: readonly MemberChange[], transition: Transition = "auto"): MembershipResult {
    return proposeMembership(this.#state, changes, transition);
  }

  /** Ends a joint configuration that was entered with the transition "explicit". */
  leaveJoint(): MembershipResult {
    return proposeLeave(this.#state);
  }

  /** Gives leadership to another voter; undefined when it started, and the soft state tells how it goes on. */
  transferLeadership(to: NodeId): TransferRefusal | undefined {
    return startTransfer(this.#state, to);
  }

  /** Asks for an index to read at; it comes as a read state with this number, unless leader or term change. */
  readIndex(): { readonly request: number } | { readonly refused: ReadRefusal } {
    return requestRead(this.#state);
  }

  /** How many members hold the entry of this index durably, by what the leader knows. */
  holders(index: Index): number {
    return this.#state.role === "leader" ? this.#state.tracker.holders(index) : 0;
  }

  /** What is to be done now; undefined when there is nothing. What is handed out is not handed out again. */
  ready(): Ready | undefined {
    const state = this.#state;
    if (state.role === "leader") this.#lead();
    if (state.isWitness) state.log.skipApplying();
    return this.#output.take();
  }

  /**
   * The batch of this token is durable, and those before it. A snapshot in it must be in the state machine by
   * then. What happened to the log since is looked at: a batch that was overwritten meanwhile proves nothing.
   */
  persisted(token: PersistToken): void {
    const state = this.#state;
    this.#output.persisted(token);
    state.diskElapsed = 0;
    // Within one term a log is only overwritten where it differs from the leader's; over terms the same term and
    // index can come, go and come back while the disk still writes.
    if (token.term !== state.term) return;
    state.log.persisted(token.last);
    const { installing } = state;
    if (installing !== undefined && state.log.durable >= installing.index) state.installing = undefined;
    if (state.role === "leader") handleOwnProgress(state);
    if (state.role === "candidate") handleOwnVote(state);
  }

  /** The state machine holds everything up to `index`. */
  applied(index: Index): void {
    this.#state.log.appliedTo(index);
  }

  /** What a snapshot of the state at `index` is called; `index` is applied and not compacted away. */
  snapshotMeta(index: Index): SnapshotMeta {
    const { log } = this.#state;
    const term = log.termAt(index);
    if (term === undefined || index > log.applied) {
      throw new InvariantViolation(
        `no snapshot can be named at ${index}: the log is applied to ${log.applied}`,
      );
    }
    return { term, index, membership: log.membershipAt(index) };
  }

  /** The shell holds a durable snapshot, to be given to others; the log stays until compact. */
  snapshotTaken(snapshot: SnapshotMeta): void {
    this.#state.log.snapshotTaken(snapshot);
  }

  /** Forgets the log up to `index`, not past the latest snapshot. */
  compact(index: Index): void {
    this.#state.log.compact(index);
  }

  /** A connection broke: what was under way may be lost. */
  unreachable(member: NodeId): void {
    const progress = this.#state.tracker.of(member);
    if (progress?.state === "replicate") progress.becomeProbe();
  }

  /**
   * A snapshot did not get through, or the connection broke before the member's core had answered: it may have
   * restarted without it. On success that answer is enough.
   */
  snapshotFailed(member: NodeId): void {
    const progress = this.#state.tracker.of(member);
    if (progress?.state === "snapshot") progress.snapshotFailed();
  }

  /** A picture for operators and tests; not for the hot path. */
  status(): RaftStatus {
    return statusOf(this.#state);
  }

  /** At least one entry from `from` on, then what fits into maxBytes; what was compacted away is not there. */
  entries(from: Index, maxBytes: number): readonly Entry[] {
    return this.#state.log.slice(from, maxBytes);
  }

  /** Everything the leader does at the end of a turn, in the order in which one makes work for the next. */
  #lead(): void {
    const state = this.#state;
    leaveWhenCommitted(state);
    if (startReads(state)) {
      broadcastHeartbeat(state);
      // A leader that is a quorum by itself has its proof.
      confirmReads(state);
    }
    const out = isOut(state);
    if (out) for (const { progress } of state.tracker.peers) progress.nudged = true;
    replicate(state);
    completeTransfer(state);
    if (out) this.#leaveOffice();
  }

  /** The members know by now that they are alone; the one that holds most need not wait for a time-out. */
  #leaveOffice(): void {
    const state = this.#state;
    const { voters, witnesses } = state.log.membership;
    const [heir] = state.tracker.peers
      .filter(({ id }) => voters.includes(id) && !witnesses.includes(id))
      .sort((left, right) => right.progress.match - left.progress.match);
    if (heir !== undefined) sendTimeoutNow(state, heir.id);
    becomeFollower(state, state.term, undefined);
  }

  /** A message of a later term: whether it is to be looked at, with this node in its term if it has to be. */
  #enterTermOf(message: Message): boolean {
    const state = this.#state;
    if (message.type === "preVote" || message.type === "vote") {
      const transfer = message.type === "vote" && message.transfer;
      if (!transfer && holdsToLeader(state)) return false;
    }
    // Neither asking nor granting in advance makes a term.
    if (message.type === "preVote" || (message.type === "preVoteResponse" && message.granted)) return true;
    const fromLeader =
      message.type === "append" || message.type === "heartbeat" || message.type === "snapshot";
    becomeFollower(state, message.term, fromLeader ? message.from : undefined);
    return true;
  }

  /** A message of an earlier term proves nothing; whoever leads or asks in it learns that it is over. */
  #answerStale(message: Message): void {
    const state = this.#state;
    const { id: from, term } = state;
    const to = message.from;
    switch (message.type) {
      case "preVote":
        return state.send({ type: "preVoteResponse", from, to, term, granted: false });
      case "vote":
        return state.send({ type: "voteResponse", from, to, term, granted: false });
      case "append":
      case "heartbeat":
        return state.send({
          type: "appendResponse",
          from,
          to,
          term,
          rejected: true,
          index: 0,
          hintIndex: 0,
          hintTerm: 0,
        });
      case "snapshot":
        // What it holds was committed: it is as good in this term, and was long under way.
        return this.#restore(message);
      default:
        return undefined;
    }
  }

  /** The sender leads this term. */
  #follow(message: Append | Heartbeat | Snapshot): void {
    const state = this.#state;
    if (state.role === "leader") {
      throw new InvariantViolation(`${message.from} and ${state.id} both lead term ${state.term}`);
    }
    if (state.role !== "follower") becomeFollower(state, state.term, message.from);
    // Drawn anew under each leader: who once drew a long wait would otherwise have it for ever.
    else if (state.leader !== message.from) restartTimer(state);
    state.leader = message.from;
    state.electionElapsed = 0;
  }

  #restore(message: Snapshot): void {
    const state = this.#state;
    const { snapshot } = message;
    // A candidate asked for votes with the log that it has.
    if (state.role !== "follower") return;
    restoreSnapshot(state, snapshot);
    acknowledge(state, state.leader ?? message.from, state.log.committed);
  }
}
