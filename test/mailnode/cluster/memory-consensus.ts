import {
  LevelNotMet,
  NotProposed,
  OutcomeUnknown,
  type Accepted,
  type AppliedLog,
  type ClusterMember,
  type Consensus,
  type Leader,
  type ProposeOptions,
} from "../../../src/mailnode/cluster/consensus.ts";
import { majority, replicasOf } from "../../../src/mailnode/cluster/level.ts";
import { stampCommand } from "../../../src/mailnode/state/envelope.ts";
import type { Env } from "../../../src/support/env.ts";
import type { ClockFaults, VirtualTime } from "./virtual-time.ts";

interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly data: Uint8Array;
  committed: boolean;
  /** Tells the proposer that the entry was overwritten by a new leader. */
  vanished: () => void;
  committedNow: () => void;
}

/** How long a level above a quorum is waited for after the commit. */
const LEVEL_WAIT_MS = 500;

/** How long a node waits for an answer from a leader that it cannot hear. */
const LINK_TIMEOUT_MS = 300;

/**
 * A replicated log in memory: one ordered log, applied to every node in order, each at its own time.
 *
 * Faithful in what a client can see: proposals and answers take time and can be lost; a node that is cut off sends
 * and applies nothing; a leader without a majority appends and commits nothing, and what it had appended vanishes
 * when another is elected; a paused node does nothing while its clocks run. Not modelled: elections (a test says who
 * leads), disks, and a former leader that still believes in itself.
 */
export class MemoryCluster {
  readonly time: VirtualTime;
  readonly ids: readonly string[];
  readonly nodes: ReadonlyMap<string, MemoryConsensus>;
  readonly log: LogEntry[] = [];
  term = 0;
  leaderId: string | undefined;
  delayMs = 1;
  /** The chance that an answer does not arrive. */
  answerLoss = 0;
  readonly #cut = new Set<string>();

  constructor(time: VirtualTime, ids: readonly string[], clocks: Readonly<Record<string, ClockFaults>> = {}) {
    this.time = time;
    this.ids = ids;
    this.nodes = new Map(ids.map((id) => [id, new MemoryConsensus(id, this, time.env(id, clocks[id]))]));
    this.elect(ids[0]);
  }

  node(id: string): MemoryConsensus {
    return this.nodes.get(id)!;
  }

  /** A new term. What its leader does not have as committed is gone; undefined: nobody leads. */
  elect(id: string | undefined): void {
    this.leaderId = id;
    if (id !== undefined) {
      this.term++;
      const lost = this.log.filter((entry) => !entry.committed);
      const kept = this.log.filter((entry) => entry.committed);
      this.log.length = 0;
      this.log.push(...kept);
      for (const entry of lost) entry.vanished();
    }
    for (const node of this.nodes.values()) node.leaderChanged();
  }

  cut(id: string): void {
    this.#cut.add(id);
  }

  heal(id: string): void {
    this.#cut.delete(id);
    this.node(id).catchUp();
  }

  isCut(id: string): boolean {
    return this.#cut.has(id);
  }

  /** Who is on the leader's side and running. */
  withLeader(): readonly string[] {
    if (this.leaderId === undefined) return [];
    if (this.isCut(this.leaderId)) return [this.leaderId];
    return this.ids.filter((id) => !this.isCut(id) && !this.time.isPaused(id));
  }

  append(data: Uint8Array): LogEntry {
    const leader = this.node(this.leaderId!);
    stampCommand(data, { wallMs: leader.env.now(), monotonicMs: leader.env.monotonic() });
    const index = this.log.length + 1;
    const nothing = (): void => undefined;
    const entry = {
      index,
      term: this.term,
      data,
      committed: false,
      vanished: nothing,
      committedNow: nothing,
    };
    this.log.push(entry);
    this.time.schedule(this.delayMs, () => this.tryCommit());
    return entry;
  }

  /** Commits what a majority can have, in order, and lets every node that is reached apply it. */
  tryCommit(): void {
    if (this.withLeader().length < majority(this.ids.length)) return;
    for (const entry of this.log) {
      if (entry.committed) continue;
      entry.committed = true;
      entry.committedNow();
    }
    for (const node of this.nodes.values()) this.time.schedule(this.delayMs, () => node.catchUp(), node.id);
  }
}

export class MemoryConsensus implements Consensus {
  readonly id: string;
  readonly env: Env;
  readonly #cluster: MemoryCluster;
  readonly #listeners = new Set<(leader: Leader | undefined) => void>();
  #log: AppliedLog | undefined;
  #applied = 0;

  constructor(id: string, cluster: MemoryCluster, env: Env) {
    this.id = id;
    this.env = env;
    this.#cluster = cluster;
  }

  follow(log: AppliedLog): void {
    this.#log = log;
  }

  catchUp(): void {
    const cluster = this.#cluster;
    if (cluster.isCut(this.id) || cluster.time.isPaused(this.id)) return;
    for (const entry of cluster.log.slice(this.#applied)) {
      if (!entry.committed) return;
      this.#applied = entry.index;
      this.#log?.apply({ index: entry.index, term: entry.term, data: entry.data.slice() });
    }
  }

  /** Takes over the state of another node, as one that was away for too long does. */
  installSnapshotOf(other: MemoryConsensus): void {
    this.#log!.restore(other.#log!.snapshot());
    this.#applied = other.#applied;
  }

  async propose(command: Uint8Array, { level, signal }: ProposeOptions): Promise<Accepted> {
    const cluster = this.#cluster;
    await this.#travel(signal);
    if (cluster.isCut(this.id) && cluster.leaderId !== this.id) return this.#hang(signal);
    if (cluster.leaderId === undefined) throw new NotProposed("no-leader");
    if (cluster.isCut(cluster.leaderId) && cluster.leaderId !== this.id) return this.#hang(signal);
    if (cluster.time.isPaused(cluster.leaderId)) return this.#hang(signal);
    const entry = cluster.append(command.slice());
    const { index, term } = entry;
    const needed = replicasOf(level, cluster.ids.length);
    if (needed === 1 && majority(cluster.ids.length) > 1) {
      await this.#answer(signal);
      return { index, term, replicas: 1, committed: false };
    }
    await this.#committed(entry, signal);
    const replicas = await this.#waitForLevel(needed, signal);
    await this.#answer(signal);
    const accepted = { index, term, replicas, committed: true };
    if (replicas < needed) throw new LevelNotMet(accepted, level);
    return accepted;
  }

  async readIndex(signal?: AbortSignal): Promise<number> {
    const cluster = this.#cluster;
    await this.#travel(signal);
    while (
      cluster.leaderId === undefined ||
      !cluster.withLeader().includes(this.id) ||
      cluster.withLeader().length < majority(cluster.ids.length)
    ) {
      if (signal?.aborted) throw new NotProposed("no-leader");
      await this.env.sleep(10, signal).catch(() => undefined);
    }
    const index = cluster.log.filter((entry) => entry.committed).length;
    await this.#travel(signal);
    return index;
  }

  leader(): Leader | undefined {
    const { leaderId: id, term } = this.#cluster;
    return id === undefined ? undefined : { id, term };
  }

  leaderChanged(): void {
    for (const listener of this.#listeners) listener(this.leader());
  }

  onLeaderChange(listener: (leader: Leader | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  members(): readonly ClusterMember[] {
    return this.#cluster.ids.map((id) => ({ id, voter: true, witness: false }));
  }

  async transferLeadership(to: string): Promise<void> {
    await this.#travel();
    if (!this.#cluster.withLeader().includes(to)) throw new NotProposed("transferring");
    this.#cluster.elect(to);
  }

  async #travel(signal?: AbortSignal): Promise<void> {
    const { time, delayMs } = this.#cluster;
    await this.env.sleep(delayMs * (0.5 + time.random()), signal).catch(() => undefined);
  }

  async #answer(signal: AbortSignal | undefined): Promise<void> {
    const cluster = this.#cluster;
    await this.#travel(signal);
    const lost = cluster.time.random() < cluster.answerLoss;
    if (lost || (cluster.isCut(this.id) && cluster.leaderId !== this.id))
      throw new OutcomeUnknown("the connection was lost");
  }

  #committed(entry: LogEntry, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const unknown = (): void => reject(new OutcomeUnknown("there was no commit in time"));
      entry.committedNow = resolve;
      entry.vanished = () => reject(new OutcomeUnknown("the leader changed"));
      signal?.addEventListener("abort", unknown, { once: true });
    });
  }

  /** How many replicas have it once that is enough, or once there is no point in waiting longer. */
  async #waitForLevel(needed: number, signal: AbortSignal | undefined): Promise<number> {
    const reached = (): number => this.#cluster.withLeader().length;
    for (let waited = 0; reached() < needed && waited < LEVEL_WAIT_MS; waited += 10)
      await this.env.sleep(10, signal).catch(() => undefined);
    return reached();
  }

  /** What was sent into a cut link is neither taken nor refused, until the link is given up. */
  async #hang(signal: AbortSignal | undefined): Promise<never> {
    await this.env.sleep(LINK_TIMEOUT_MS, signal).catch(() => undefined);
    throw new OutcomeUnknown("there was no answer");
  }
}
