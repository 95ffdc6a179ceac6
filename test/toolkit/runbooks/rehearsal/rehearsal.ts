import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bind } from "../../../../src/toolkit/runbooks/bind.ts";
import type { RunSettings } from "../../../../src/toolkit/runner/attempt.ts";
import { neverInterrupted } from "../../../../src/toolkit/runner/interruption.ts";
import { listLocally, runFolder } from "../../../../src/toolkit/runner/journal/local-copy.ts";
import { openRuns } from "../../../../src/toolkit/runner/journal/find-runs.ts";
import type { Recorded } from "../../../../src/toolkit/runner/recorder.ts";
import type { Runnable } from "../../../../src/toolkit/runner/plan.ts";
import { silentReporter } from "../../../../src/toolkit/runner/reporter.ts";
import { abortRun, resumeRun } from "../../../../src/toolkit/runner/resume-run.ts";
import { startRun, type StartSettings } from "../../../../src/toolkit/runner/start-run.ts";
import type { Transport } from "../../../../src/toolkit/ssh/transport.ts";
import { runbookContext } from "../runbook-context.ts";
import type { Fixture } from "./fixtures.ts";
import { isBookkeeping, ok } from "./model-books.ts";
import { ModelMachines, type Sent } from "./model-machines.ts";
import { effectOf } from "./step-index.ts";

/** Longer than a lock that nobody renews is respected. */
const STALE_MS = 120_000;
/** A pid that no process has: beyond what Linux gives. */
const DEAD = 2 ** 22 + 1;

/** In memory where there is such a disk: a journal is synced before each step. */
export function quickDisk(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}

/** Where a process dies: before or after the command of this number, from 0. */
export interface Death {
  readonly nth: number;
  readonly when: "before" | "after";
  /** Counts all that is sent, those about lock, journal and audit log too. */
  readonly withBooks?: boolean;
}

/** One runbook in its situation, on machines of its own, with two workstations. */
export class Rehearsal implements Disposable {
  readonly machines: ModelMachines;
  readonly runnable: Runnable;
  /** See Fixture. */
  readonly holdsApply: boolean;
  readonly #folder: string;
  #isDead = false;

  constructor(fixture: Fixture) {
    const { runbook, arguments: given, command, answers, look = () => ok() } = fixture;
    this.holdsApply = fixture.holdsApply ?? false;
    const runnable = bind(runbook, fixture.context ?? runbookContext(), given, command);
    this.machines = new ModelMachines(runnable.machines, (machine, asked, isDone) => {
      if (this.machines.isLook(asked)) return look(machine, asked, isDone);
      const answer = answers.get(machine);
      if (answer && effectOf(runnable.survey.command(machine)) === effectOf(asked)) return answer;
      throw new Error(`${machine} is asked ${asked.argv.join(" ")}, and the situation has no answer`);
    });
    this.runnable = {
      ...runnable,
      plan: async (found, run) => this.machines.watch(await runnable.plan(found, run)),
    };
    this.#folder = mkdtempSync(join(quickDisk(), "mailbastion-rehearsal-"));
  }

  /** Whether a process died in it; one whose death was set for later than its end did not. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** What was sent after the survey. */
  get sent(): readonly Sent[] {
    return this.machines.sent.slice(this.runnable.survey.machines.length);
  }

  start(changes: Partial<StartSettings> = {}) {
    return startRun(this.runnable, { ...this.settings("desk"), dryRun: false, ...changes });
  }

  resume(workstation: string) {
    return resumeRun(this.#resuming(workstation));
  }

  abort(workstation: string) {
    return abortRun(this.#resuming(workstation));
  }

  /** The process that begins the run dies: nothing that it sends arrives any more, nothing that it waits for comes. */
  async startAndDie({ nth, when, withBooks = false }: Death): Promise<void> {
    let count = 0;
    const { promise: died, resolve: die } = Promise.withResolvers<void>();
    const never = new Promise<never>(() => undefined);
    const transport: Transport = {
      close: () => Promise.resolve(),
      run: async (machine, command, input) => {
        const stdin = input as string | undefined;
        if (count > nth) return never;
        if ((isBookkeeping(command) && !withBooks) || count++ < nth)
          return this.machines.run(machine, command, stdin);
        if (when === "after") await this.machines.run(machine, command, stdin);
        // What it still writes to its own disk is not there for those who come after.
        cpSync(join(this.#folder, "dying"), join(this.#folder, "desk"), { recursive: true });
        die();
        return never;
      },
    };
    const ended = this.start({ ...this.settings("dying"), transport, pid: DEAD });
    await Promise.race([died.then(() => (this.#isDead = true)), ended]);
    await this.machines.clock.pass(STALE_MS);
  }

  /** Whether anybody on this workstation finds something left to do. */
  async isOpen(workstation: string): Promise<boolean> {
    const { runs, transport } = this.settings(workstation);
    return (await openRuns(runs, this.runnable.machines, transport)).length > 0;
  }

  /** What the one run of this workstation has kept of all that it sent. */
  async recorded(): Promise<readonly Recorded[]> {
    const { runs } = this.settings("desk");
    const [run] = await listLocally(runs);
    const text = readFileSync(join(runFolder(runs, run!), "commands.jsonl"), "utf8");
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Recorded);
  }

  settings(workstation: string): RunSettings {
    const folder = join(this.#folder, workstation);
    mkdirSync(folder, { recursive: true });
    return {
      transport: this.machines,
      env: this.machines.clock.env(),
      reporter: silentReporter,
      interruption: neverInterrupted,
      operator: { user: "eve", host: workstation === "laptop" ? "laptop" : "desk" },
      pid: process.pid,
      runs: join(folder, "runs"),
      hooks: join(folder, "hooks"),
      environment: {},
      lockWaitMs: 0,
      acceptMinority: false,
      say: () => undefined,
      warn: () => undefined,
    };
  }

  #resuming(workstation: string) {
    const { machines } = this.runnable;
    return { ...this.settings(workstation), machines, takeOver: false, bind: () => this.runnable };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
