import type { LoadResult } from "./load.ts";
import type { Side } from "./side.ts";

export type SideName = Side["name"];

/** What is measured: puts, linearizable reads, and puts on a disk whose syncs are slow. */
export const MEASURES = ["put", "get", "slow-disk put"] as const;
export type Measure = (typeof MEASURES)[number];

export const FAULTS = ["kill -9", "SIGSTOP"] as const;
export type FaultName = (typeof FAULTS)[number];

/** What one run leaves in results/: every round, so that other questions can be asked of it later. */
export interface Run {
  readonly startedAt: string;
  readonly command: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly clients: readonly number[];
  /** Of each kind, on each side. */
  readonly faults: number;
  readonly syncDelayMs: number;
  readonly loads: readonly LoadTrial[];
  readonly failovers: readonly Failover[];
  readonly memory: readonly Memory[];
  /** Why the run ended early. */
  readonly endedBy?: string;
}

export interface LoadTrial extends LoadResult {
  readonly measure: Measure;
  readonly side: SideName;
  readonly round: number;
  readonly clients: number;
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

/** After the puts of a round. */
export interface Memory {
  readonly side: SideName;
  readonly round: number;
  readonly residentBytes: readonly number[];
}
