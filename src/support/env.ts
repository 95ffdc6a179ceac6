/**
 * What a program takes from its surroundings, as an argument: time, waiting and chance.
 *
 * Real programs pass systemEnv; a simulation passes its own clock and seed.
 */
export interface Env {
  /** Milliseconds since 1970, for records that people read. May jump. */
  now(): number;
  /** Milliseconds that only ever grow, for measuring. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number from 0 up to, not including, 1. Never for secrets. */
  random(): number;
}
