import type { Command } from "../../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../../src/toolkit/steps/phase.ts";
import type { Step } from "../../../../src/toolkit/steps/step.ts";

/** A step together with the phase that decided on it. */
export interface MetStep {
  readonly phase: Phase;
  readonly step: Step;
}

/** The steps of a run, found by machine and by the words of their commands. */
export class StepIndex {
  readonly #all = new Map<string, MetStep>();
  readonly #guarded = new Map<string, Set<Step>>();
  readonly #gated = new Map<string, Set<Step>>();
  readonly #titled = new Map<string, Set<Step>>();
  readonly #opposites = new Map<string, Set<string>>();
  readonly #looking = new Set<string>();

  get all(): readonly MetStep[] {
    return [...this.#all.values()];
  }

  add(phase: Phase, step: Step): void {
    const { machine, title, unless, verify, commands, undo = [] } = step;
    const name = keyOf(phase.title, machine, title);
    if (this.#all.has(name)) return;
    this.#all.set(name, { phase, step });
    put(this.#titled, keyOf(machine, title), step);
    if (unless) put(this.#guarded, keyOf(machine, effectOf(unless)), step);
    if (verify) put(this.#gated, keyOf(machine, effectOf(verify.command)), step);
    for (const command of [...commands, ...undo])
      if (!command.mutates) this.#looking.add(keyOf(machine, effectOf(command)));
    const [forth, back] = sidesOf(step);
    for (const one of forth)
      for (const other of back) {
        put(this.#opposites, keyOf(machine, one), other);
        put(this.#opposites, keyOf(machine, other), one);
      }
  }

  named(machine: string, title: string): readonly Step[] {
    return [...(this.#titled.get(keyOf(machine, title)) ?? [])];
  }

  /** The steps that ask this question: by it they decide whether anything is to be done, or see that it was. */
  askedBy(machine: string, effect: string): readonly Step[] {
    const key = keyOf(machine, effect);
    return [...(this.#guarded.get(key) ?? this.#gated.get(key) ?? [])];
  }

  /** Whether it is a command of a step, or of its undo, and changes nothing: a check of a file, a wait. */
  looks(machine: string, effect: string): boolean {
    return this.#looking.has(keyOf(machine, effect));
  }

  /** What a command undoes, and what undoes it. */
  oppositesOf(machine: string, effect: string): Iterable<string> {
    return this.#opposites.get(keyOf(machine, effect)) ?? [];
  }
}

/** What only doing a step sends, and what only taking it back does. A restart, say, is a part of both. */
export function sidesOf({ commands, undo = [] }: Step): readonly [readonly string[], readonly string[]] {
  const [forth, back] = [commands.map(effectOf), undo.map(effectOf)];
  return [forth.filter((one) => !back.includes(one)), back.filter((one) => !forth.includes(one))];
}

const known = new WeakMap<Command, string>();

/** The words of a command, in which no two runs differ. */
export function effectOf(command: Command): string {
  const effect = known.get(command) ?? wordsOf(command.argv);
  known.set(command, effect);
  return effect;
}

export function wordsOf(argv: readonly string[]): string {
  return withoutRun(JSON.stringify(argv));
}

/** With what only the moment of a run decides put as a word: its id, and the time of its begin. */
export function withoutRun(text: string): string {
  return text
    .replaceAll(/\d{8}T\d{6}Z-[a-z-]+-[0-9a-f]{4}/g, "<run>")
    .replaceAll(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g, "<time>");
}

function keyOf(...parts: readonly string[]): string {
  return parts.join("\0");
}

function put<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}
