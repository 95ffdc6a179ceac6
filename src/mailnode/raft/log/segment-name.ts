import { join } from "node:path";

/** A blank file that will be the next segment. */
export const SPARE = "spare.tmp";

export const FIRST_SEGMENT = 1;

export function segmentName(segment: number): string {
  return `segment-${String(segment).padStart(12, "0")}.log`;
}

export function segmentPath(directory: string, segment: number): string {
  return join(directory, segmentName(segment));
}

/** The numbers of the segments among the names of a directory, rising. */
export function segmentNumbers(names: readonly string[]): readonly number[] {
  return names
    .flatMap((name) => /^segment-(\d{12})\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
