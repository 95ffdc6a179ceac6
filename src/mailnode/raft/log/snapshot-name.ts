import type { LogId } from "../core/types.ts";

/** Sorts by index, then by term. */
export function snapshotName({ index, term }: LogId): string {
  return `snapshot-${pad(index)}-${pad(term)}.snap`;
}

/** Whether a name is that of a whole snapshot, or of one that was being written. */
export function isSnapshotName(name: string): boolean {
  return /^snapshot-\d{16}-\d{16}\.(snap|\d+\.tmp)$/.test(name);
}

function pad(number: number): string {
  return String(number).padStart(16, "0");
}
