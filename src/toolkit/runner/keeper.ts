import { plannedStages, type Phase } from "../steps/phase.ts";
import type { Step } from "../steps/step.ts";
import type { Journal } from "./journal/journal.ts";
import { keyOf, stepName, type StepName } from "./journal/run-record.ts";

/** A step, and the phase that it belongs to. */
export interface PlacedStep {
  readonly phase: Phase;
  readonly step: Step;
}

/** What runPhases tells of its progress, and asks of an earlier attempt. */
export interface Keeper {
  isFinished(phase: Phase): boolean;
  /** Resolves when it is safe to begin the step: whoever comes after us will know of it. */
  stepStarts(placed: PlacedStep): Promise<void>;
  stepFinished(placed: PlacedStep): void;
  stepFailed(placed: PlacedStep, error: unknown): void;
  phaseFinished(phase: Phase): void;
  /**
   * It had nothing to do. That may change until the next step begins, however long the run is broken off: only then is it
   * finished, and until then a resumed run looks again.
   */
  phaseFoundNothing(phase: Phase): void;
  /** Steps of these phases that were begun and not taken back, last first. */
  toUndo(phases: readonly Phase[]): readonly PlacedStep[];
  /** Resolves when it is safe to take the step back: whoever comes after us will not count on what it brought. */
  stepUndoing(placed: PlacedStep): Promise<void>;
  stepUndone(placed: PlacedStep): void;
  groupUndone(phases: readonly Phase[]): void;
}

/** Keeps a run's journal. */
export class JournalKeeper implements Keeper {
  readonly #journal: Journal;
  /** Steps of phases that look and decide are known only to the process that ran them. */
  readonly #met = new Map<string, PlacedStep>();
  /** Phases that had nothing to do, since the last step began. */
  #idle: readonly Phase[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  isFinished(phase: Phase): boolean {
    return this.#journal.record.finishedPhases.has(phase.title);
  }

  stepStarts(placed: PlacedStep): Promise<void> {
    const name = nameOf(placed);
    this.#met.set(keyOf(name), placed);
    for (const phase of this.#idle) this.phaseFinished(phase);
    this.#idle = [];
    return this.#journal.announce({ kind: "step-started", ...name });
  }

  stepFinished(placed: PlacedStep): void {
    this.#journal.note({ kind: "step-finished", ...nameOf(placed) });
  }

  stepFailed(placed: PlacedStep, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#journal.note({ kind: "step-failed", ...nameOf(placed), message });
  }

  phaseFinished(phase: Phase): void {
    this.#journal.note({ kind: "phase-finished", phase: phase.title });
  }

  phaseFoundNothing(phase: Phase): void {
    this.#idle = [...this.#idle, phase];
  }

  toUndo(phases: readonly Phase[]): readonly PlacedStep[] {
    const known = new Map(this.#met);
    for (const phase of phases)
      for (const placed of plannedSteps(phase)) {
        const key = keyOf(nameOf(placed));
        if (!known.has(key)) known.set(key, placed);
      }
    const titles = new Set(phases.map(({ title }) => title));
    return this.#journal.record.startedSteps
      .filter(({ phase }) => titles.has(phase))
      .flatMap((name) => known.get(keyOf(name)) ?? [])
      .toReversed();
  }

  stepUndoing(placed: PlacedStep): Promise<void> {
    return this.#journal.announce({ kind: "step-undoing", ...nameOf(placed) });
  }

  stepUndone(placed: PlacedStep): void {
    this.#journal.note({ kind: "step-undone", ...nameOf(placed) });
  }

  groupUndone(phases: readonly Phase[]): void {
    this.#journal.note({ kind: "group-undone", phases: phases.map(({ title }) => title) });
  }
}

function nameOf({ phase, step }: PlacedStep): StepName {
  return stepName(phase.title, step);
}

/**
 * The steps of a phase that asks nobody. Those of one that looks first are known only to the process that decided on them:
 * it takes them back itself when a step of its group fails; after its death the phase looks again instead.
 */
function plannedSteps(phase: Phase): readonly PlacedStep[] {
  return plannedStages(phase)
    .flat()
    .map((step) => ({ phase, step }));
}

/** For runs that are a part of something else, such as a lab's: nothing is kept, and nothing taken back later. */
export function forgetfulKeeper(): Keeper {
  const started: PlacedStep[] = [];
  return {
    isFinished: () => false,
    stepStarts: async (placed) => void started.push(placed),
    stepFinished: () => undefined,
    stepFailed: () => undefined,
    phaseFinished: () => undefined,
    phaseFoundNothing: () => undefined,
    toUndo: (phases) => started.filter(({ phase }) => phases.includes(phase)).toReversed(),
    stepUndoing: async () => undefined,
    stepUndone: (placed) => void started.splice(started.indexOf(placed), 1),
    groupUndone: () => undefined,
  };
}
