import type { ForgetfulDisk } from "../../../../src/mailnode/disk/forgetful-disk.ts";
import type { Entry, HardState, LogId, SnapshotMeta } from "../../../../src/mailnode/raft/core/types.ts";
import { InlineBackend } from "../../../../src/mailnode/raft/log/log-backend.ts";
import { LogWriter } from "../../../../src/mailnode/raft/log/log-writer.ts";
import { RaftLog, type LogAppend } from "../../../../src/mailnode/raft/log/raft-log.ts";

export const DIRECTORY = "/log";

/** Small, so that a story of some entries crosses several segments. */
export const SEGMENT = 2048;

export function openOn(
  disk: ForgetfulDisk,
  later?: (run: () => void) => void,
  segmentBytes = SEGMENT,
): Promise<RaftLog> {
  return RaftLog.open({
    directory: DIRECTORY,
    disk,
    blocking: disk.blocking,
    newNode: () => "00000000000000aa",
    segmentBytes,
    backend: (tail, segments) =>
      new InlineBackend(new LogWriter(disk.blocking, DIRECTORY, segmentBytes, tail, segments), later),
  });
}

export function entry(term: number, index: number, bytes = 20): Entry {
  return { term, index, kind: "data", data: new Uint8Array(bytes).fill(term * 16 + (index % 16)) };
}

export function entries(term: number, from: number, to: number, bytes = 20): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => entry(term, from + i, bytes));
}

export function snapshotOf(term: number, index: number): SnapshotMeta {
  const membership = {
    voters: ["00000000000000aa", "00000000000000bb"],
    votersOutgoing: [],
    learners: ["00000000000000cc"],
    learnersNext: [],
    witnesses: [],
    autoLeave: false,
  };
  return { term, index, membership };
}

/** All that a log says of itself. */
export interface LogState {
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta;
  readonly compacted: LogId;
  readonly entries: readonly (readonly [term: number, index: number, bytes: string])[];
}

export function stateOf(log: RaftLog): LogState {
  const { hardState, snapshot, compacted } = log;
  return {
    hardState,
    snapshot,
    compacted,
    entries: log.entries(log.firstIndex, log.lastIndex + 1).map(brief),
  };
}

function brief({ term, index, data }: Entry): readonly [number, number, string] {
  return [term, index, Buffer.from(data).toString("hex")];
}

/** One act of a story: an append, or a compaction with its removals. */
export type Act = LogAppend | { readonly compact: number };

/** What a log is after acts, by the paper's rules and nothing else: entries are a list. */
class Model {
  hardState: HardState = { term: 0, vote: undefined, commit: 0 };
  snapshot: SnapshotMeta = {
    term: 0,
    index: 0,
    membership: {
      voters: [],
      votersOutgoing: [],
      learners: [],
      learnersNext: [],
      witnesses: [],
      autoLeave: false,
    },
  };
  compacted: LogId = { term: 0, index: 0 };
  entries: Entry[] = [];

  state(): LogState {
    const last = this.entries.at(-1)?.index ?? this.compacted.index;
    const commit = Math.max(this.snapshot.index, Math.min(this.hardState.commit, last));
    const { snapshot, compacted } = this;
    return {
      hardState: { ...this.hardState, commit },
      snapshot,
      compacted,
      entries: this.entries.map(brief),
    };
  }

  /** The state after each record of an act. */
  *steps(act: Act): Generator<LogState> {
    if ("compact" in act) {
      const gone = this.entries.find(({ index }) => index === act.compact)!;
      this.compacted = { term: gone.term, index: gone.index };
      this.entries = this.entries.filter(({ index }) => index > act.compact);
      yield this.state();
      return;
    }
    if (act.hardState) {
      this.hardState = act.hardState;
      yield this.state();
    }
    if (act.snapshot) {
      const { term, index } = act.snapshot;
      this.snapshot = act.snapshot;
      if (!this.entries.some((held) => held.term === term && held.index === index)) {
        this.entries = [];
        this.compacted = { term, index };
      }
      yield this.state();
    }
    for (const added of act.entries ?? []) {
      this.entries = [...this.entries.filter(({ index }) => index < added.index), added];
      yield this.state();
    }
  }
}

/** The states that a story passes through, record by record; `after[n]` is the place of the state behind n acts. */
export function statesOf(story: readonly Act[]): { states: LogState[]; after: number[] } {
  const model = new Model();
  const states = [model.state()];
  const after = [0];
  for (const act of story) {
    states.push(...model.steps(act));
    after.push(states.length - 1);
  }
  return { states, after };
}

/** How far a story came: acts begun, and acts up to the last one whose promise was kept. */
export interface Progress {
  begun: number;
  acked: number;
}

/**
 * Tells a story to a log; stops where the disk does. Acts of one group of `together` are in flight at once. A
 * snapshot's file is written before its act begins, as a node does.
 */
export async function tell(
  log: RaftLog,
  story: readonly Act[],
  together: number,
  progress: Progress,
): Promise<void> {
  for (let from = 0; from < story.length; from += together) {
    const acts: Promise<void>[] = [];
    for (const [place, act] of story.slice(from, from + together).entries()) {
      if ("snapshot" in act) await writeSnapshot(log, act.snapshot);
      progress.begun++;
      const acked = () => {
        progress.acked = Math.max(progress.acked, from + place + 1);
      };
      acts.push(("compact" in act ? log.compact(act.compact) : log.append(act)).then(acked));
      acts.at(-1)!.catch(() => undefined);
    }
    await Promise.all(acts);
  }
}

export async function writeSnapshot(log: RaftLog, snapshot: SnapshotMeta): Promise<void> {
  const writer = await log.snapshots.begin(snapshot);
  for (let piece = 0; piece < 3; piece++)
    await writer.append(new Uint8Array(300).fill(snapshot.index + piece));
  await writer.commit();
}
