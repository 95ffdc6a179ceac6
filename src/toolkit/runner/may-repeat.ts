import type { RunRecord } from "./journal/run-record.ts";
import type { Runnable } from "./plan.ts";

/** Whether the command may be typed again in the place of this run of it, instead of being resumed or aborted. */
export function mayRepeat(
  { isRepeatable, isResumedOnceBegun }: Pick<Runnable, "isRepeatable" | "isResumedOnceBegun">,
  { startedSteps }: Pick<RunRecord, "startedSteps">,
): boolean {
  return isRepeatable && !(isResumedOnceBegun && startedSteps.length > 0);
}
