/**
 * One member's Raft at work: hands messages, ticks and proposals to the core, and what comes out of it to the disk,
 * the network and the state machine. It has no clock, timer, disk or network of its own: Env, log and transport are
 * given, so that a simulated node runs this very code.
 *
 * The disk and the network work side by side: what needs no disk is sent while the batch is written, and batches are
 * written without waiting for each other. After any error of the disk, of the core or of the state machine it stops.
 */
import type { Env } from "../../../support/env.ts";
import { NotProposed, type Accepted, type AppliedLog, type ClusterMember } from "../../cluster/consensus.ts";
import type { Consensus, Leader, ProposeOptions } from "../../cluster/consensus.ts";
import type { RaftFigures } from "../../cluster/running-cluster.ts";
import type { MemberChange } from "../core/membership-change.ts";
import type { Message } from "../core/messages.ts";
import { Raft } from "../core/raft.ts";
import type { Batch, Ready, SoftState } from "../core/ready.ts";
import type { RaftStatus } from "../core/status.ts";
import type { Entry, Index, NodeId } from "../core/types.ts";
import type { RaftLog } from "../log/raft-log.ts";
import type { DriverOptions } from "./driver-options.ts";
import { Followed } from "./followed.ts";
import { found, type Founders } from "./founders.ts";
import { LeaderDesk } from "./leader-desk.ts";
import { LeaderWatch } from "./leader-watch.ts";
import { membersOf } from "./members-of.ts";
import { acceptedOrThrow } from "./outcome.ts";
import type { Ask, Outcome, Packet } from "./packet.ts";
import { PendingAsks } from "./pending-asks.ts";
import { PendingReads } from "./pending-reads.ts";
import { PersistQueue } from "./persist-queue.ts";
import { Snapshots } from "./snapshots.ts";
import type { Transport } from "./transport.ts";
import { Transfers } from "./transfers.ts";

export interface DriverParts {
  readonly log: RaftLog;
  readonly transport: Transport;
  readonly env: Env;
  readonly options: DriverOptions;
  /** Writes the leader's clocks into a command, in place. */
  readonly stamp: (command: Uint8Array) => void;
  /** Runs what waits when this turn is over: what comes in until then leaves together. */
  readonly later: (run: () => void) => void;
  /** Is told what an operator should know of, and what this node can help itself with. */
  readonly report?: (problem: string) => void;
}

export class Driver implements Consensus {
  /** Resolves when this node has stopped: with the error that made it, or with nothing when it was told to. */
  readonly stopped: Promise<Error | undefined>;
  readonly #parts: DriverParts;
  readonly #log: RaftLog;
  readonly #options: DriverOptions;
  readonly #followed: Followed;
  readonly #persisting: PersistQueue;
  readonly #desk: LeaderDesk;
  readonly #asks: PendingAsks;
  readonly #reads: PendingReads;
  readonly #transfers = new Transfers();
  readonly #snapshots: Snapshots;
  readonly #end = new AbortController();
  readonly #watch = new LeaderWatch();
  #raft: Raft | undefined;
  #scheduled = false;
  #tellStopped: (error: Error | undefined) => void;

  constructor(parts: DriverParts) {
    const { log, env, options, transport } = parts;
    this.#parts = parts;
    this.#log = log;
    this.#options = options;
    this.#followed = new Followed(options.witness);
    this.#persisting = new PersistQueue(env);
    const enter = (event: (raft: Raft) => void): void => void this.#enter(event);
    this.#desk = new LeaderDesk({ ...options, stamp: parts.stamp, enter });
    const send = (to: NodeId, packet: Packet): boolean => transport.send(to, packet);
    this.#asks = new PendingAsks(options.askTicks, Math.floor(env.random() * 2 ** 52), send);
    this.#reads = new PendingReads(options);
    this.#snapshots = new Snapshots({
      log,
      env,
      options,
      state: () => this.#followed.snapshot(),
      send,
      enter,
      must: (work) => this.#orHalt(work),
      report: parts.report ?? (() => undefined),
    });
    ({ promise: this.stopped, resolve: this.#tellStopped } = Promise.withResolvers<Error | undefined>());
  }

  get id(): NodeId {
    return this.#log.node;
  }

  /** Undefined until it is started. */
  status(): RaftStatus | undefined {
    return this.#raft?.status();
  }

  /** What its disk and its snapshots came to since it was started. */
  figures(): Pick<RaftFigures, "persist" | "snapshots"> {
    return { persist: this.#persisting.latency, snapshots: this.#snapshots.figures };
  }

  follow(log: AppliedLog): void {
    this.#followed.begin(log);
  }

  /**
   * Goes on from what the disk holds. An empty log begins a cluster with these founders; without them it waits to
   * be taken into one. Throws what the log and the core throw about a disk that cannot be trusted.
   */
  async start(founders?: Founders): Promise<void> {
    const { transport, env } = this.#parts;
    const log = this.#log;
    if (founders !== undefined) await found(log, founders);
    await this.#followed.load(log);
    const entries = log.entries(log.firstIndex, log.lastIndex + 1);
    const { hardState, snapshot } = log;
    const raft = new Raft(
      { ...this.#options, id: this.id, random: () => env.random() },
      { hardState, snapshot, entries, applied: snapshot.index },
    );
    this.#raft = raft;
    this.#snapshots.start(raft, entries);
    transport.start({
      packet: (from, packet) => this.#enter(() => this.#packet(from, packet)),
      broken: (member) => this.#enter(() => this.#broken(member)),
    });
    void this.#keepTicking();
    this.#schedule();
  }

  /** Ends all: what was proposed and not answered is unclear. */
  async stop(): Promise<void> {
    await this.#halt(undefined);
  }

  propose(command: Uint8Array, { level, signal }: ProposeOptions): Promise<Accepted> {
    if (command.length > this.#options.maxCommandBytes) return Promise.reject(new NotProposed("too-large"));
    return this.#ask({ type: "propose", level, command }, signal);
  }

  /**
   * Makes members what the changes say, jointly when several voters change; resolves when the result is committed.
   * Rejects with ChangeRefusedError, NotProposed or OutcomeUnknown.
   */
  async changeMembers(changes: readonly MemberChange[], signal?: AbortSignal): Promise<void> {
    await this.#ask({ type: "change", changes }, signal);
  }

  async transferLeadership(to: NodeId, signal?: AbortSignal): Promise<void> {
    if (this.leader()?.id === to) return;
    const limit = new AbortController();
    const done = this.#transfers.wait(to, 3 * this.#options.electionTicks);
    const end = (): void => done.fail();
    signal?.addEventListener("abort", end, { once: true });
    this.#ask({ type: "transfer", to }, limit.signal).catch((error: unknown) => {
      if (error instanceof NotProposed) done.fail(error);
    });
    try {
      await done.promise;
    } finally {
      signal?.removeEventListener("abort", end);
      limit.abort();
    }
  }

  async readIndex(signal?: AbortSignal): Promise<Index> {
    if (this.#end.signal.aborted) throw new NotProposed("stopped");
    if (signal?.aborted) throw new NotProposed("no-leader");
    const answer = this.#reads.wait(signal);
    this.#schedule();
    return this.#followed.reached(await answer, signal);
  }

  leader(): Leader | undefined {
    return this.#watch.leader;
  }

  onLeaderChange(listener: (leader: Leader | undefined) => void): () => void {
    return this.#watch.listen(listener);
  }

  members(): readonly ClusterMember[] {
    return this.#raft === undefined ? [] : membersOf(this.#raft.membership);
  }

  /** Asks the leader, who may be this node. */
  #ask(ask: Ask, signal: AbortSignal | undefined): Promise<Accepted> {
    return new Promise<Outcome>((settle) => {
      const refuse = (reason: NotProposed["reason"]): void => settle({ type: "notProposed", reason });
      if (this.#end.signal.aborted) return refuse("stopped");
      if (signal?.aborted) return refuse("no-leader");
      const began = this.#enter((raft) => {
        const { leader } = raft;
        if (leader === this.id) return this.#desk.serve(raft, ask, settle, signal);
        if (leader === undefined) return refuse("no-leader");
        this.#asks.ask(leader, ask, settle, signal);
      });
      if (began) return;
      // Not started yet, or stopped by this very thing, and how far it came is not known.
      if (this.#raft === undefined) refuse("no-leader");
      else settle({ type: "unknown", why: "this node stops" });
    }).then(acceptedOrThrow);
  }

  #packet(from: NodeId, packet: Packet): void {
    const raft = this.#raft!;
    switch (packet.type) {
      case "raft":
        return raft.step(packet.message);
      case "ask": {
        const { request, ask } = packet;
        return this.#desk.serve(raft, ask, (outcome) => {
          this.#parts.transport.send(from, { type: "answer", request, outcome });
        });
      }
      case "answer":
        return this.#asks.settle(packet.request, from, packet.outcome);
      default:
        return this.#snapshots.packet(from, packet);
    }
  }

  #broken(member: NodeId): void {
    this.#raft!.unreachable(member);
    this.#snapshots.broken(member);
    this.#asks.lose("the connection to the leader broke", (to) => to === member);
  }

  async #keepTicking(): Promise<void> {
    const { env } = this.#parts;
    const { signal } = this.#end;
    while (!signal.aborted) {
      await env.sleep(this.#options.tickMs, signal).catch(() => undefined);
      // One tick however late it is: a node that was paused must not stand for election before it has listened.
      this.#enter((raft) => {
        raft.tick();
        this.#desk.tick(raft);
        this.#asks.tick();
        this.#reads.tick();
        this.#transfers.tick();
        this.#snapshots.tick();
      });
    }
  }

  /** Every way into the core: what it leads to is done when the turn is over. False: there was no core to enter, or it broke. */
  #enter(event: (raft: Raft) => void): boolean {
    const began = this.#orStop(event);
    if (began) this.#schedule();
    return began;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#parts.later(() => {
      this.#scheduled = false;
      this.#orStop((raft) => this.#turn(raft));
    });
  }

  /** Does something with the core, unless this node has stopped; whatever is thrown stops it. */
  #orStop(event: (raft: Raft) => void): boolean {
    if (this.#end.signal.aborted || this.#raft === undefined) return false;
    try {
      event(this.#raft);
      return true;
    } catch (error) {
      void this.#halt(error);
      return false;
    }
  }

  #turn(raft: Raft): void {
    this.#desk.check(raft);
    for (;;) {
      this.#reads.ask(raft);
      const ready = raft.ready();
      if (ready === undefined) break;
      this.#take(raft, ready);
    }
    this.#desk.check(raft);
    this.#snapshots.takeIfDue();
  }

  #take(
    raft: Raft,
    { softState, batch, messages, messagesAfterPersist, committed, readStates }: Ready,
  ): void {
    if (softState !== undefined) this.#roleChanged(softState);
    this.#send(raft, messages);
    if (batch !== undefined) {
      this.#snapshots.persisting(batch);
      this.#orHalt(this.#persist(batch, this.#persisting.add(batch, messagesAfterPersist)));
    }
    if (committed.length > 0) this.#apply(raft, committed);
    for (const { request, index } of readStates) this.#reads.answered(request, index);
  }

  async #persist(batch: Batch, durable: () => void): Promise<void> {
    const { hardState, snapshot, entries } = batch;
    await this.#log.append({ ...(hardState && { hardState }), ...(snapshot && { snapshot }), entries });
    if (snapshot !== undefined) await this.#followed.load(this.#log);
    durable();
    this.#enter((raft) => {
      for (const { batch: done, messages } of this.#persisting.take()) {
        if (done.snapshot !== undefined) {
          this.#snapshots.installed();
          this.#followed.wake(done.snapshot.index);
        }
        raft.persisted(done.token);
        this.#send(raft, messages);
      }
    });
  }

  #apply(raft: Raft, entries: readonly Entry[]): void {
    const last = this.#followed.apply(entries);
    raft.applied(last);
    this.#followed.wake(last);
  }

  #send(raft: Raft, messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.type === "snapshot") this.#snapshots.offer(message);
      else if (!this.#parts.transport.send(message.to, { type: "raft", message }))
        raft.unreachable(message.to);
    }
  }

  #roleChanged(state: SoftState): void {
    this.#transfers.look(state);
    if (!this.#watch.update(state)) return;
    this.#asks.lose("the leader changed", (to) => to !== state.leader);
    this.#reads.askAgain();
  }

  #orHalt(work: Promise<void>): void {
    work.catch((error: unknown) => this.#halt(error));
  }

  async #halt(error: unknown): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    const why = "this node stops";
    this.#desk.end(why);
    this.#asks.lose(why, () => true);
    this.#reads.end("stopped");
    this.#followed.end();
    this.#transfers.end();
    this.#watch.update({ leader: undefined, term: 0 });
    await this.#parts.transport.close();
    // A disk that failed may fail here again, and has been told of already.
    await this.#log.close().catch(() => undefined);
    this.#tellStopped(
      error === undefined || error instanceof Error ? error : new Error("the node stopped", { cause: error }),
    );
  }
}
