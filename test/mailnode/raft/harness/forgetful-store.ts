/** A disk for cores in tests: what was not yet made durable is gone after a crash, but for a chosen prefix. */
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import type { RaftStart } from "../../../../src/mailnode/raft/core/options.ts";
import type { Batch } from "../../../../src/mailnode/raft/core/ready.ts";
import type { Entry, HardState, Membership, SnapshotMeta } from "../../../../src/mailnode/raft/core/types.ts";

export class ForgetfulStore {
  hardState: HardState = { term: 0, vote: undefined, commit: 0 };
  snapshot: SnapshotMeta;
  entries: Entry[] = [];
  readonly #waiting: Batch[] = [];

  constructor(membership: Membership = NOBODY) {
    this.snapshot = { term: 0, index: 0, membership };
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  append(batch: Batch): void {
    this.#waiting.push(batch);
  }

  /** Makes the oldest batch durable. */
  sync(): Batch | undefined {
    const batch = this.#waiting.shift();
    if (batch !== undefined) this.#keep(batch);
    return batch;
  }

  /** Loses all batches but the first `kept`, which reached the disk though nobody was told. */
  crash(kept: number): void {
    for (const batch of this.#waiting.splice(0).slice(0, kept)) this.#keep(batch);
  }

  /** The node's own snapshot became durable. */
  compact(snapshot: SnapshotMeta): void {
    this.snapshot = snapshot;
    this.entries = this.entries.filter((entry) => entry.index > snapshot.index);
  }

  start(): RaftStart {
    const { hardState, snapshot, entries } = this;
    return { hardState, snapshot, entries: [...entries], applied: snapshot.index };
  }

  #keep(batch: Batch): void {
    if (batch.hardState !== undefined) this.hardState = batch.hardState;
    if (batch.snapshot !== undefined) {
      this.snapshot = batch.snapshot;
      this.entries = [];
    }
    const [first] = batch.entries;
    if (first === undefined) return;
    this.entries = this.entries.filter((entry) => entry.index < first.index);
    // What a snapshot covers by now is not kept again.
    this.entries.push(...batch.entries.filter((entry) => entry.index > this.snapshot.index));
  }
}
