import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import type { Transport } from "../../../../src/toolkit/ssh/transport.ts";
import type { Answer, Command } from "../../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../../src/toolkit/steps/phase.ts";
import type { Step } from "../../../../src/toolkit/steps/step.ts";
import { exit, isBookkeeping, ModelBooks, ok, unfenced } from "./model-books.ts";
import { ModelClock } from "./model-clock.ts";
import { effectOf, StepIndex, wordsOf } from "./step-index.ts";

/** What a machine answers to a command that only looks, and is no gate. `isDone` knows steps by their titles. */
export type Look = (
  machine: string,
  command: Command,
  isDone: (machine: string, title: string) => boolean,
) => Answer;

/** A command that a machine was sent, out of the run's own books. */
export interface Sent {
  readonly machine: string;
  readonly command: Command;
}

/**
 * Machines in memory, fast enough for thousands of runs. What the scripts of lock, fence and journal do is done here by
 * hand; that the scripts themselves do so, the tests of the runner and of killed processes show with real shells.
 *
 * Every other command that changes something leaves an effect: its own words. It takes away the effects of what it is
 * the undo of, and of its own undo. Gates and `unless` hold when the effects of their step are there. So the state of a
 * machine tells which commands had the last word on it, and a command that is sent twice does the same as once.
 */
export class ModelMachines implements Transport {
  readonly clock = new ModelClock();
  readonly steps = new StepIndex();
  /** Every command that belongs to the survey, to a step or to a phase's look, in order. */
  readonly sent: Sent[] = [];
  /** What fails: a command that changes something ends with exit code 1, a gate does not hold. */
  breaks: (sent: Sent) => boolean = () => false;
  readonly #books: ReadonlyMap<string, ModelBooks>;
  readonly #effects: ReadonlyMap<string, Set<string>>;
  readonly #look: Look;
  readonly #observed = new Set<string>();

  constructor(machines: readonly string[], look: Look) {
    this.#look = look;
    this.#books = new Map(machines.map((name) => [name, new ModelBooks()]));
    this.#effects = new Map(machines.map((name) => [name, new Set()]));
  }

  /** What is left on every machine. */
  get state(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#effects].map(([name, effects]) => [name, [...effects].toSorted()]));
  }

  get isLocked(): boolean {
    return [...this.#books.values()].some(({ token }) => token !== undefined);
  }

  /** Learns the steps of a plan as they are decided on. */
  watch(plan: Plan): Plan {
    for (const phase of plan.phases)
      for (const machine of phase.machines) this.#observed.add(effectOf(phase.observe(machine)));
    const phases = plan.phases.map((phase): Phase => ({
      ...phase,
      decide: (answers) => {
        const stages = phase.decide(answers);
        for (const step of stages.flat()) this.steps.add(phase, step);
        return stages;
      },
    }));
    return { ...plan, phases };
  }

  /** Whether a phase looks by this command. */
  isLook({ argv }: Pick<Command, "argv">): boolean {
    return this.#observed.has(wordsOf(argv));
  }

  async run(machine: string, sent: Command, stdin?: string): Promise<Answer> {
    const books = this.#books.get(machine)!;
    const { command, token } = unfenced(sent);
    if (token !== undefined && token !== books.token)
      return exit(87, "mailbastion: the lock of this run is not here");
    if (isBookkeeping(command))
      return books.keep(command, stdin ?? (command.stdin as string), this.clock.now);
    this.sent.push({ machine, command });
    if (command.mutates) return this.#change(machine, command);
    return this.breaks({ machine, command }) ? exit(1, "it does not hold") : this.#ask(machine, command);
  }

  close = (): Promise<void> => Promise.resolve();

  #change(machine: string, command: Command): Answer {
    if (this.breaks({ machine, command })) return exit(1, "it broke");
    const effects = this.#effects.get(machine)!;
    const effect = effectOf(command);
    for (const opposite of this.steps.oppositesOf(machine, effect)) effects.delete(opposite);
    effects.add(effect);
    return ok();
  }

  #ask(machine: string, command: Command): Answer {
    const asked = this.steps.askedBy(machine, effectOf(command));
    if (asked.length > 0) return exit(asked.some((step) => this.#isThere(step)) ? 0 : 1);
    if (this.steps.looks(machine, effectOf(command))) return ok();
    return this.#look(machine, command, (name, title) => {
      const named = this.steps.named(name, title);
      return named.length > 0 && named.every((step) => this.#isThere(step));
    });
  }

  #isThere({ machine, commands }: Step): boolean {
    const effects = this.#effects.get(machine)!;
    return commands.every((command) => !command.mutates || effects.has(effectOf(command)));
  }
}
