import type { LoadResult } from "./load.ts";
import type { Side } from "./side.ts";

export type SideName = Side["name"];

/** What is measured: puts, linearizable reads, reads that may be stale, puts with syncs that are slow and with none. */
export const MEASURES = ["put", "get", "stale get", "slow-disk put", "put without syncs"] as const;
export type Measure = (typeof MEASURES)[number];
/** Those of runs that do not say theirs. */
export const EARLIER_MEASURES: readonly Measure[] = ["put", "get", "slow-disk put"];

export const FAULTS = ["kill -9", "SIGSTOP"] as const;
export type FaultName = (typeof FAULTS)[number];

/** What one run leaves in results/: every round, so that other questions can be asked of it later. */
export interface Run {
  readonly startedAt: string;
  readonly command: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly measures?: readonly Measure[];
  readonly clients: readonly number[];
  /** Puts a second at a fixed rate; absent in earlier runs, which had none. */
  readonly rates?: readonly number[];
  /** Of each kind, on each side. */
  readonly faults: number;
  readonly syncDelayMs: number;
  readonly loads: readonly LoadTrial[];
  readonly paced?: readonly PacedTrial[];
  readonly failovers: readonly Failover[];
  readonly memory: readonly Memory[];
  /** Why the run ended early. */
  readonly endedBy?: string;
}

export interface Trial extends LoadResult {
  readonly side: SideName;
  readonly round: number;
  /** Processor seconds of the members while it was measured, the warm-up with it; not known behind a tracer. */
  readonly membersCpuSeconds?: number;
  /** Load average of the last minute, before. */
  readonly load: number;
}

export interface Failover {
  readonly fault: FaultName;
  readonly side: SideName;
  readonly round: number;
  /** From the fault to the first answer to a put that was sent after it; undefined when there was none in time. */
  readonly ms?: number;
  readonly load: number;
}

export interface LoadTrial extends Trial {
  readonly measure: Measure;
  readonly clients: number;
}

/** Puts that go out at a fixed rate. */
export interface PacedTrial extends Trial {
  readonly perSecond: number;
}

/** After the puts of a round. */
export interface Memory {
  readonly side: SideName;
  readonly round: number;
  readonly residentBytes: readonly number[];
}
