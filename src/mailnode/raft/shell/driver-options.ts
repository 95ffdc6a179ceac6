import { DEFAULT_OPTIONS, type RaftOptions } from "../core/options.ts";

/** Limits of the core and of the shell around it. Times in ticks are counts of `tickMs`. */
export interface DriverOptions extends Omit<RaftOptions, "id" | "random"> {
  /** One heartbeat at the default of `heartbeatTicks`. */
  readonly tickMs: number;
  /** Larger commands are refused. */
  readonly maxCommandBytes: number;
  /** How long the leader's answer to what was asked of him is waited for. */
  readonly askTicks: number;
  /** How long a read may wait for a leader that proves himself. */
  readonly readTicks: number;
  /** A read that has no answer is asked anew after this. */
  readonly readRetryTicks: number;
  /** How long disks above a quorum are waited for, once an entry is committed. */
  readonly levelTicks: number;
  /** A snapshot is taken when the log has grown by this since the last one, or by less: see SnapshotTaker. */
  readonly snapshotLogBytes: number;
  readonly snapshotLogLeastBytes: number;
  /** What stays of the log behind a snapshot, for members that are nearly up to date. */
  readonly keepLogBytes: number;
  readonly snapshotPieceBytes: number;
  /** At most so much of a snapshot leaves for one member in a second. */
  readonly snapshotBytesPerSecond: number;
  /** A transfer of a snapshot of which nothing was heard for so long is given up. */
  readonly snapshotTicks: number;
}

/** 100 ms heartbeats and elections after one to two seconds of silence, as etcd has them. */
export const DRIVER_DEFAULTS: DriverOptions = {
  ...DEFAULT_OPTIONS,
  tickMs: 100,
  maxCommandBytes: 1024 * 1024,
  askTicks: 50,
  readTicks: 50,
  readRetryTicks: 5,
  levelTicks: 20,
  snapshotLogBytes: 64 * 1024 * 1024,
  snapshotLogLeastBytes: 16 * 1024 * 1024,
  keepLogBytes: 8 * 1024 * 1024,
  snapshotPieceBytes: 256 * 1024,
  snapshotBytesPerSecond: 50 * 1024 * 1024,
  snapshotTicks: 100,
};
