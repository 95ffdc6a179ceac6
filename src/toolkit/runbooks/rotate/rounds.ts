import type { Phase } from "../../steps/phase.ts";
import type { ApplyPlan, PrepareRelease } from "../apply/run-apply.ts";

const DRIFT = "look for changes made by hand";

/*
 * Several applies one after the other, each made on all machines before the next, so that at no moment somebody shows
 * what another one does not accept yet. The last one is whole; those before it only put files.
 */

/** Of an apply before the last, what puts files and proves the services with them. */
export function earlierRound(why: string, { phases }: ApplyPlan, isFirst: boolean): readonly Phase[] {
  return phases
    .filter(
      ({ title }) => title === "put files" || title.startsWith("see that ") || (isFirst && title === DRIFT),
    )
    .map((phase) => ({
      ...phase,
      title: `${why}: ${phase.title}`,
      ...(phase.group !== undefined && { group: `${why}: ${phase.group}` }),
    }));
}

/** What the earlier rounds have put there is no drift, and nothing may be between the rounds. */
export function lastRound({ phases }: ApplyPlan): readonly Phase[] {
  return phases.filter(({ title }) => title !== DRIFT);
}

/** The release is the same for all of them. */
export function madeOnce(prepare: PrepareRelease): PrepareRelease {
  let made: ReturnType<PrepareRelease> | undefined;
  return (architectures) => (made ??= prepare(architectures));
}
