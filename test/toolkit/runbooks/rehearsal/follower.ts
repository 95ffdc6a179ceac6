import type { Begun, JournalEntry } from "../../../../src/toolkit/runner/journal/entry.ts";
import { writeCommand } from "../../../../src/toolkit/runner/journal/commands.ts";
import { keyOf, readRun, type StepName } from "../../../../src/toolkit/runner/journal/run-record.ts";
import type { Plan, RunIdentity } from "../../../../src/toolkit/runner/plan.ts";
import type { Answer, Command } from "../../../../src/toolkit/steps/command.ts";
import { effectOf } from "./step-index.ts";

const WRITE = writeCommand("r", "", true).argv[2];

/**
 * Follows what a program of its own is doing, by the journal that it writes on the machines: plans as a resumed run
 * plans, and decides as the program does, from the answers that it was given.
 */
export class Follower {
  readonly #makePlan: (begun: Begun, run: RunIdentity) => Promise<Plan | undefined>;
  readonly #doing = new Map<string, StepName>();
  readonly #begun = new Set<string>();
  #attempts = 0;
  /** How many entries are read. Every machine gets each of them, some of them later again. */
  #read = 0;
  #plan: Promise<Plan | undefined> | undefined;
  #finished: ReadonlySet<string> = new Set();
  /** By phase and machine, what the present attempt has found. */
  #found = new Map<string, Map<string, Answer>>();

  constructor(makePlan: (begun: Begun, run: RunIdentity) => Promise<Plan | undefined>) {
    this.#makePlan = makePlan;
  }

  /** The steps that were ever begun, as keyOf names them. */
  get begun(): ReadonlySet<string> {
    return this.#begun;
  }

  /** What the journal says that this machine is in the middle of. */
  doing(machine: string): StepName | undefined {
    return this.#doing.get(machine);
  }

  /** Resolves when what was begun is planned here too. */
  async planned(): Promise<void> {
    await this.#plan;
  }

  /** Reads what is written into a journal; other commands tell nothing. */
  read({ argv }: Command, lines: string): void {
    if (argv[2] !== WRITE) return;
    const entries = lines
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as JournalEntry);
    const record = readRun(entries);
    const attempts = entries.filter(({ kind }) => kind === "begun" || kind === "resumed").length;
    if (record && attempts > this.#attempts) {
      this.#attempts = attempts;
      this.#finished = record.finishedPhases;
      this.#found = new Map();
      // What an earlier attempt was in the middle of, this one is not.
      this.#doing.clear();
      this.#read = entries.length;
      const { begun, at } = record;
      this.#plan ??= this.#makePlan(begun, { id: begun.run, at, operator: begun.operator });
      // Whoever waits for it learns of it; a program that is killed before that asks for nothing.
      this.#plan.catch(() => undefined);
    }
    for (const entry of entries) {
      if (entry.seq < this.#read) continue;
      this.#read = entry.seq + 1;
      if (entry.kind !== "step-started") continue;
      this.#begun.add(keyOf(entry));
      this.#doing.set(entry.machine, entry);
    }
  }

  /** Takes note of an answer to what only looks; the last one of a phase lets it decide. */
  async looked(machine: string, command: Command, answer: Answer): Promise<void> {
    const phases = (await this.#plan)?.phases ?? [];
    // One attempt looks once in each phase, in their order.
    const phase = phases.find(
      (one) =>
        one.machines.includes(machine) &&
        !this.#finished.has(one.title) &&
        !this.#found.get(one.title)?.has(machine) &&
        effectOf(one.observe(machine)) === effectOf(command),
    );
    if (!phase) return;
    const found = this.#found.get(phase.title) ?? new Map<string, Answer>();
    this.#found.set(phase.title, found.set(machine, answer));
    if (found.size < phase.machines.length) return;
    phase.decide(new Map(phase.machines.map((name) => [name, found.get(name)!])));
  }
}
