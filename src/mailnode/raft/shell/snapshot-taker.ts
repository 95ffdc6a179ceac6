/**
 * Keeps a log short: takes a snapshot of the state when the log has grown enough, and forgets what it stands for.
 *
 * Enough is as much as the last snapshot holds (Ongaro 2014, section 5.1.2), within two bounds: so a small state has a
 * small log, which every member has in memory, and a large one is not written again for a few changes.
 */
import type { Raft } from "../core/raft.ts";
import { entryBytes } from "../core/log.ts";
import type { Entry, Index, LogId } from "../core/types.ts";
import type { RaftLog } from "../log/raft-log.ts";

export interface SnapshotTakerOptions {
  readonly log: RaftLog;
  readonly raft: Raft;
  /** The state after the last applied entry; no bytes on a witness. */
  readonly state: () => Uint8Array;
  readonly snapshotLogBytes: number;
  readonly snapshotLogLeastBytes: number;
  readonly keepLogBytes: number;
}

/** A snapshot that is being sent is not replaced before the log is this many times as long as it should be. */
const PATIENCE = 4;

const PIECE_BYTES = 1024 * 1024;

export class SnapshotTaker {
  readonly #options: SnapshotTakerOptions;
  /** What the log has grown by since the last snapshot. */
  #bytes = 0;
  /** The size of the last snapshot that it took. */
  #lastBytes = 0;
  #taking = false;
  #taken = 0;

  constructor(options: SnapshotTakerOptions, entries: readonly Entry[]) {
    this.#options = options;
    this.appended(entries);
  }

  /** Snapshots that it took. */
  get taken(): number {
    return this.#taken;
  }

  appended(entries: readonly Entry[]): void {
    for (const entry of entries) this.#bytes += entryBytes(entry);
  }

  /** Whether one is to be taken now; `sending`: whether the last one is still needed. */
  isDue(sending: () => boolean): boolean {
    const { snapshotLogBytes, snapshotLogLeastBytes } = this.#options;
    const enough = Math.min(snapshotLogBytes, Math.max(snapshotLogLeastBytes, this.#lastBytes));
    if (this.#taking || this.#bytes < enough) return false;
    if (this.#bytes < enough * PATIENCE && sending()) return false;
    const { applied, snapshot } = this.#options.raft.status();
    return applied > snapshot.index;
  }

  /**
   * Takes one of the state as it is at the call. Rejects with RAFT_LOG_FAILED: the node must stop. A snapshot that
   * the leader sent meanwhile makes this one needless.
   */
  async take(): Promise<void> {
    const { log, raft, state } = this.#options;
    this.#taking = true;
    this.#bytes = 0;
    const meta = raft.snapshotMeta(raft.status().applied);
    const content = state();
    this.#lastBytes = content.length;
    const writer = await log.snapshots.begin(meta);
    for (let at = 0; at < content.length; at += PIECE_BYTES)
      await writer.append(content.subarray(at, at + PIECE_BYTES));
    await writer.commit();
    this.#taken++;
    if (meta.index > log.snapshot.index) {
      await log.append({ snapshot: meta });
      raft.snapshotTaken(meta);
      const until = Math.min(this.#keepFrom(meta.index), raft.status().snapshot.index);
      raft.compact(until);
      await log.compact(until);
    }
    this.#taking = false;
  }

  /**
   * Writes the last one anew from the state in memory, as it cannot be read from the disk. To wait for the next one could
   * be to wait for ever: when those that need it are needed for a quorum, the log does not grow. Undefined when another
   * one is there or on its way; rejects like take.
   */
  rewrite(snapshot: LogId): Promise<void> | undefined {
    if (this.#taking || this.#options.raft.status().snapshot.index !== snapshot.index) return undefined;
    return this.take();
  }

  /** The place before the entries that are kept behind a snapshot. */
  #keepFrom(index: Index): Index {
    const { raft, keepLogBytes } = this.#options;
    const { first } = raft.status();
    if (first > index) return index;
    const entries = raft.entries(first, Infinity);
    let bytes = 0;
    let place = index;
    for (; place >= first; place--) {
      bytes += entryBytes(entries[place - first]!);
      if (bytes > keepLogBytes) break;
    }
    return place;
  }
}
