import { DRAINING, readySchema } from "./health.ts";

/** What `mbnode status` ends with, besides 0 for a node that is well. */
export const STATUS_EXIT = {
  unwell: 1,
  /** Nothing is wrong: somebody drained it. */
  drained: 3,
} as const;

/** Whether a body of GET /ready says that a drain by a mark is all that keeps the node from taking mail. */
export function isDrainedOnly(body: string): boolean {
  try {
    const { data } = readySchema.safeParse(JSON.parse(body));
    return data?.drain !== undefined && data.reason === DRAINING;
  } catch {
    return false;
  }
}
