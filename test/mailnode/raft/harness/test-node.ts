/** A core with a disk that forgets and a state machine that remembers what it was given, for tests. */
import { DEFAULT_OPTIONS } from "../../../../src/mailnode/raft/core/options.ts";
import type { RaftOptions } from "../../../../src/mailnode/raft/core/options.ts";
import { Raft } from "../../../../src/mailnode/raft/core/raft.ts";
import type { Message } from "../../../../src/mailnode/raft/core/messages.ts";
import type { Batch, Ready } from "../../../../src/mailnode/raft/core/ready.ts";
import type { Entry, Index, Membership, NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import { ForgetfulStore } from "./forgetful-store.ts";

/** What every snapshot held, by its place: the bytes that shells would send. */
export type SnapshotBytes = Map<string, readonly string[]>;

export class TestNode {
  readonly id: NodeId;
  readonly store: ForgetfulStore;
  readonly #options: RaftOptions;
  readonly #snapshots: SnapshotBytes;
  readonly #held: { batch: Batch; messages: readonly Message[] }[] = [];
  raft: Raft;
  /** The data of every applied entry, in order. */
  state: readonly string[] = [];
  applied: Index = 0;
  /** Every entry ever applied since the last start, for the checks. */
  readonly onApply: (node: TestNode, entry: Entry) => void;

  constructor(
    id: NodeId,
    membership: Membership | undefined,
    options: Partial<RaftOptions>,
    snapshots: SnapshotBytes,
    onApply: (node: TestNode, entry: Entry) => void = () => undefined,
  ) {
    this.id = id;
    this.#options = { ...DEFAULT_OPTIONS, random: () => 0, ...options, id };
    this.#snapshots = snapshots;
    this.onApply = onApply;
    this.store = new ForgetfulStore(membership);
    this.raft = new Raft(this.#options, this.store.start());
  }

  /** Takes one Ready: the batch goes to the disk's queue, committed entries are applied; returns what it was. */
  take(): Ready | undefined {
    const ready = this.raft.ready();
    if (ready === undefined) return undefined;
    if (ready.batch !== undefined) {
      this.store.append(ready.batch);
      this.#held.push({ batch: ready.batch, messages: ready.messagesAfterPersist });
    }
    for (const entry of ready.committed) this.#apply(entry);
    if (ready.committed.length > 0) this.raft.applied(this.applied);
    return ready;
  }

  /** Makes the oldest waiting batch durable, and returns the messages that waited for it. */
  persist(): readonly Message[] {
    this.store.sync();
    const held = this.#held.shift();
    if (held === undefined) return [];
    if (held.batch.snapshot !== undefined) {
      this.#load();
    }
    this.raft.persisted(held.batch.token);
    return held.messages;
  }

  /** Snapshots the applied state and forgets the log behind it, but for the last `keep` entries. */
  compact(keep: number): void {
    const meta = this.raft.snapshotMeta(this.raft.status().applied);
    // A witness has no state to give, only the place.
    if (!this.#options.witness) this.#snapshots.set(`${meta.term}/${meta.index}`, this.state);
    this.raft.snapshotTaken(meta);
    this.store.compact(meta);
    this.raft.compact(Math.max(0, meta.index - keep));
  }

  /** Loses memory and what the disk had not made durable, but for `kept` batches; comes back from the disk. */
  restart(kept: number): void {
    this.store.crash(kept);
    this.#held.length = 0;
    this.#load();
    this.raft = new Raft(this.#options, this.store.start());
  }

  /** The state machine becomes what the durable snapshot says; a witness has none. */
  #load(): void {
    const { term, index } = this.store.snapshot;
    const bytes = this.#snapshots.get(`${term}/${index}`);
    this.applied = index;
    if (this.#options.witness) return;
    if (bytes === undefined) throw new Error(`${this.id} has no bytes of the snapshot ${term}/${index}`);
    this.state = bytes;
  }

  #apply(entry: Entry): void {
    if (entry.index !== this.applied + 1)
      throw new Error(`${this.id} was given ${entry.index} after ${this.applied}`);
    this.applied = entry.index;
    if (entry.kind === "data") this.state = [...this.state, new TextDecoder().decode(entry.data)];
    this.onApply(this, entry);
  }
}
