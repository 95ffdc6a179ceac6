import type { Step } from "../../steps/step.ts";
import type { Begun, JournalEntry, Outcome } from "./entry.ts";

/** A step as the journal names it. */
export interface StepName {
  readonly phase: string;
  readonly machine: string;
  readonly step: string;
}

/** What a journal says of its run: what is finished, what was begun, and how it ended. */
export interface RunRecord {
  readonly begun: Begun;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly finishedPhases: ReadonlySet<string>;
  /** Begun and not taken back, in the order of their beginning: what an undo goes through backwards. */
  readonly startedSteps: readonly StepName[];
  /** Why it stopped last; undefined while it runs, and where it died. */
  readonly stopped?: string;
  /** Undefined while something is left to do. */
  readonly outcome?: Outcome;
  /** How often somebody began to work on it, or ended it. */
  readonly attempts: number;
  readonly entries: readonly JournalEntry[];
}

const ATTEMPTS: ReadonlySet<JournalEntry["kind"]> = new Set(["begun", "resumed", "aborting", "ended"]);

/** Undefined for a journal without its first entry. */
export function readRun(entries: readonly JournalEntry[]): RunRecord | undefined {
  const [first] = entries;
  if (first?.kind !== "begun") return undefined;
  const finished = new Set<string>();
  const started = new Map<string, StepName>();
  let stopped: string | undefined;
  let outcome: Outcome | undefined;
  let attempts = 0;
  for (const entry of entries) {
    if (ATTEMPTS.has(entry.kind)) attempts++;
    if (entry.kind === "resumed" || entry.kind === "aborting") stopped = undefined;
    if (entry.kind === "phase-finished") finished.add(entry.phase);
    if (entry.kind === "step-started") started.set(keyOf(entry), entry);
    // Already then: who resumes begins with what may be gone, also where it broke off in the middle of the undo.
    if (entry.kind === "step-undoing" || entry.kind === "step-undone") forgetFrom(finished, entry.phase);
    if (entry.kind === "step-undone") started.delete(keyOf(entry));
    if (entry.kind === "group-undone") for (const phase of entry.phases) finished.delete(phase);
    if (entry.kind === "stopped") stopped = `${entry.message} [${entry.code}]`;
    if (entry.kind === "ended") outcome = entry.outcome;
  }
  return {
    begun: first,
    at: first.at,
    finishedPhases: finished,
    startedSteps: [...started.values()].map(({ phase, machine, step }) => ({ phase, machine, step })),
    attempts,
    entries,
    ...(stopped !== undefined && { stopped }),
    ...(outcome !== undefined && { outcome }),
  };
}

/**
 * Sorts the copy from which to go on before the other: that of the latest attempt, however short. An earlier one may be
 * longer by what a computer without a network wrote for itself alone.
 */
export function latestFirst(a: RunRecord, b: RunRecord): number {
  return b.attempts - a.attempts || b.entries.length - a.entries.length;
}

/** What came after a phase that is done again is done again too: it may be what gave back what the phase takes. */
function forgetFrom(finished: Set<string>, phase: string): void {
  const all = [...finished];
  if (finished.has(phase)) for (const later of all.slice(all.indexOf(phase))) finished.delete(later);
}

/** One name per step of a run: a phase has a machine's step of one title once. */
export function stepName(phase: string, { machine, title }: Step): StepName {
  return { phase, machine, step: title };
}

export function keyOf({ phase, machine, step }: StepName): string {
  return JSON.stringify([phase, machine, step]);
}
