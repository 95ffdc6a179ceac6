import { note, warning, type Finding } from "../finding.ts";
import { ago } from "../lengths.ts";
import { answering, listed, type Rules, type View } from "../view.ts";

/** The cluster's lock, and work that was left unfinished. */
export const runRules: Rules = (view) => [...locks(view), ...unfinished(view)];

function locks(view: View): readonly Finding[] {
  const held = answering(view).flatMap(({ machine, runs }) =>
    runs?.lock ? [{ machine, lock: runs.lock }] : [],
  );
  return [...Map.groupBy(held, ({ lock }) => lock.run).values()].map((same) => {
    const machines = same.map(({ machine }) => machine);
    const { by, command, isManual, message } = same[0]!.lock;
    // One that is renewed anywhere is alive.
    const isStale = same.every(({ lock }) => lock.isStale);
    const age = Math.min(...same.map(({ lock }) => lock.ageSeconds));
    return (isStale ? warning : note)({
      rule: isStale ? "lock-stale" : "lock-held",
      machines,
      finding: isStale
        ? `the cluster's lock is still held on ${listed(machines)} by ${by} (${command}), not heard of for ${ago(age)}`
        : `${by} holds the cluster's lock: ${isManual ? message || "by hand" : command}`,
      cause: isStale ? "that mbctl was killed, or its computer is asleep or away" : "",
      remedy: isStale ? "mbctl resume goes on with its work, mbctl abort takes it back" : "",
      evidence: same.map(
        ({ machine, lock }) => `${machine}: run ${lock.run}, renewed ${ago(lock.ageSeconds)} ago`,
      ),
    });
  });
}

function unfinished(view: View): readonly Finding[] {
  const alive = new Set(
    answering(view).flatMap(({ runs }) => (runs?.lock && !runs.lock.isStale ? [runs.lock.run] : [])),
  );
  const ended = new Set(answering(view).flatMap(({ runs }) => runs?.ended ?? []));
  const left = answering(view)
    .flatMap(({ machine, runs }) => (runs?.unfinished ?? []).map((run) => ({ machine, ...run })))
    .filter(({ run }) => !alive.has(run) && !ended.has(run));
  return [...Map.groupBy(left, ({ run }) => run).values()].map((same) => {
    const { run, command, by } = same[0]!;
    return warning({
      rule: "run-unfinished",
      machines: same.map(({ machine }) => machine),
      finding: `${command} of ${by} was begun and not finished`,
      remedy: `mbctl resume ${run} goes on with it, mbctl abort ${run} takes it back`,
      evidence: [`run ${run}, journalled on ${listed(same.map(({ machine }) => machine))}`],
    });
  });
}
