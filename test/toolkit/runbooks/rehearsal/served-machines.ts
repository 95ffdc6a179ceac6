import { mkdirSync } from "node:fs";
import type { Connection, ServerChannel } from "ssh2";
import { openSecrets } from "../../../../src/toolkit/project/open-secrets.ts";
import { bind } from "../../../../src/toolkit/runbooks/bind.ts";
import type { RunbookContext } from "../../../../src/toolkit/runbooks/runbook.ts";
import { keyOf, stepName, type StepName } from "../../../../src/toolkit/runner/journal/run-record.ts";
import { silentReporter, type Reporter } from "../../../../src/toolkit/runner/reporter.ts";
import { fenced, isFencedOff } from "../../../../src/toolkit/runner/lock/fence.ts";
import { systemEnv } from "../../../../src/toolkit/runner/system-env.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import type { Answer, Command } from "../../../../src/toolkit/steps/command.ts";
import type { Step } from "../../../../src/toolkit/steps/step.ts";
import type { SecretStore } from "../../../../src/toolkit/vault/vault.ts";
import { FolderMachines } from "../../runner/machines.ts";
import { startServer, type TestServer } from "../../ssh/servers.ts";
import { Follower } from "./follower.ts";
import { isBookkeeping, unfenced } from "./model-books.ts";
import { quickDisk, Rehearsal } from "./rehearsal.ts";
import { servedFixtureOf, type ServedFixture } from "./served-fixtures.ts";
import { Workstations, type Typed } from "./workstations.ts";

/** A command that is no bookkeeping, as it comes to a machine: `connection` can be broken off. */
export interface Arrival {
  readonly nth: number;
  readonly machine: string;
  readonly command: Command;
  readonly mutates: boolean;
  readonly connection: Connection;
  /** What it belongs to; a phase's look comes before the phase's first step. */
  readonly step: StepName | undefined;
}

/**
 * The machines of a description behind SSH servers of this process, in the situation of a runbook, for programs of their
 * own. Lock, fence, journal and audit log are real shells in folders, or the model's as the rest is: a shell for each of
 * them takes as long as all else.
 */
export class ServedMachines implements AsyncDisposable {
  /** Called for each arrival before and after it is done. */
  before: (arrival: Arrival) => Promise<void> | void = () => undefined;
  after: (arrival: Arrival, answer: Answer) => void = () => undefined;
  /** A program of the test's own on the machines, instead of the model; undefined for a command that is none. */
  program: (arrival: Arrival) => Answer | undefined = () => undefined;
  /** Called for each command about lock, journal and audit log, after it is done. */
  kept: (machine: string, command: Command, answer: Answer) => void = () => undefined;
  readonly #fixture: ServedFixture;
  readonly #folders: FolderMachines;
  readonly #hasShells: boolean;
  readonly #servers = new Map<string, TestServer>();
  readonly #connections = new Map<Connection, string>();
  readonly #cut = new Set<string>();
  readonly #lost = new WeakSet<Connection>();
  readonly #follower: Follower;
  #held!: AsyncDisposableStack;
  #workstations!: Workstations;
  #model!: Rehearsal;
  #count = 0;

  private constructor(fixture: ServedFixture, folders: FolderMachines, hasShells: boolean) {
    this.#hasShells = hasShells;
    this.#fixture = fixture;
    this.#folders = folders;
    this.#follower = new Follower(async (begun, run) => {
      // Of a runbook that is the test's own, the test says what its commands come to.
      if (begun.runbook !== fixture.runbook.name) return undefined;
      const context = await this.#context();
      const runnable = bind(fixture.runbook, context, begun.arguments, begun.command);
      const plan = this.#model.machines.watch(
        await runnable.plan(new Map(Object.entries(begun.answers)), run),
      );
      for (const phase of plan.phases) if (phase.machines.length === 0) phase.decide(new Map());
      return plan;
    });
  }

  /** @param runbook by its name */
  static async start(runbook: string, books: "shells" | "model" = "shells"): Promise<ServedMachines> {
    // What was begun is ended too where something after it fails.
    await using held = new AsyncDisposableStack();
    const fixture = await servedFixtureOf(runbook);
    const folders = await FolderMachines.make(quickDisk());
    held.defer(() => folders.remove());
    const served = new ServedMachines(fixture, folders, books === "shells");
    for (const machine of fixture.answers.keys()) {
      const server = await startServer({
        exec: (channel, line, connection) => void served.#serve(machine, channel, line, connection),
        onConnection: (connection) => {
          served.#connections.set(connection, machine);
          if (served.#cut.has(machine)) connection.end();
        },
      });
      held.defer(() => server.stop());
      served.#servers.set(machine, server);
      mkdirSync(folders.path(machine, ""), { recursive: true });
    }
    served.#workstations = new Workstations(folders.folder, served.#servers);
    await fixture.prepare(await served.#workstations.target("desk"));
    served.#model = held.use(new Rehearsal({ ...fixture, context: await served.#context() }));
    served.#held = held.move();
    return served;
  }

  get state(): Readonly<Record<string, readonly string[]>> {
    return this.#model.machines.state;
  }

  /** How many commands came that are no bookkeeping. */
  get count(): number {
    return this.#count;
  }

  /** The steps that were begun, as keyOf names them. */
  get begun(): ReadonlySet<string> {
    return this.#follower.begun;
  }

  /** The runbook as it is typed. */
  get typed(): readonly string[] {
    return [...this.#fixture.typed, "--yes"];
  }

  stepNamed(name: StepName): Step {
    const { all } = this.#model.machines.steps;
    const found = all.find(({ phase, step }) => keyOf(stepName(phase.title, step)) === keyOf(name));
    if (!found) throw new Error(`a program began ${keyOf(name)}, which nobody here has decided on`);
    return found.step;
  }

  /** The same step of the phase's other machines, where it is one that only waits: they begin together. */
  waitsBeside(name: StepName): readonly StepName[] {
    if (this.stepNamed(name).commands.length > 0) return [];
    return this.#model.machines.steps.all
      .map(({ phase, step }) => stepName(phase.title, step))
      .filter(
        ({ phase, step, machine }) => phase === name.phase && step === name.step && machine !== name.machine,
      );
  }

  /** Carries the runbook out in this process, without a program or a connection. Resolves to its steps, as keyOf names them. */
  async rehearse(): Promise<readonly string[]> {
    const steps: string[] = [];
    let phase = "";
    const reporter: Reporter = {
      ...silentReporter,
      phaseStarted: (title) => void (phase = title),
      stepStarted: (step) => void steps.push(keyOf(stepName(phase, step))),
    };
    await this.#model.start({ reporter });
    return steps;
  }

  /** Who types. */
  set user(name: string) {
    this.#workstations.user = name;
  }

  /** The folder of a workstation's project. */
  projectOf(workstation: string): string {
    return this.#workstations.folderOf(workstation);
  }

  /** A program of its own, typed on a workstation. */
  mbctl(workstation: string, ...args: readonly string[]): Promise<Typed> {
    return this.#workstations.mbctl(workstation, ...args);
  }

  /** What is still on its way from the programs that are connected now never arrives. */
  loseWhatIsOnItsWay(): void {
    for (const connection of this.#connections.keys()) this.#lost.add(connection);
  }

  /** Ends every connection to it, and each new one, until it is healed. */
  cutOff(machine: string): void {
    this.#cut.add(machine);
    for (const [connection, to] of this.#connections) if (to === machine) connection.end();
  }

  heal(): void {
    this.#cut.clear();
  }

  /** Holds back the command of this number: `came` when it is there, until it is let go. */
  holdBack(nth: number): { readonly came: Promise<void>; readonly letGo: () => void } {
    const { promise: came, resolve: come } = Promise.withResolvers<void>();
    const { promise: gone, resolve: letGo } = Promise.withResolvers<void>();
    this.before = async (arrival) => {
      if (arrival.nth !== nth) return;
      come();
      await gone;
    };
    return { came, letGo };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#held.disposeAsync();
  }

  async #context(): Promise<RunbookContext> {
    const target = await this.#workstations.target("desk");
    const { topology, directory, project, environment } = target;
    let secrets: Promise<SecretStore> | undefined;
    return {
      topology,
      directory,
      project: { folder: project },
      environment,
      services,
      overrides: [],
      // Opened once, as by a command: a rotation's new values are in the hands of one only.
      secrets: () => (secrets ??= openSecrets(target, services, { dryRun: false, env: systemEnv })),
    };
  }

  async #serve(machine: string, channel: ServerChannel, line: string, connection: Connection): Promise<void> {
    const stdin: Buffer[] = [];
    for await (const chunk of channel) stdin.push(chunk as Buffer);
    if (this.#lost.has(connection)) return;
    try {
      const { code, stdout, stderr } = await this.#answer(machine, wordsOf(line), stdin, connection);
      channel.write(stdout);
      channel.stderr.write(stderr);
      channel.exit(code);
    } catch (error) {
      // A fault of the model is told to the program, whose words a test shows.
      channel.stderr.write(String((error as Error).stack));
      channel.exit(255);
    }
    channel.end();
  }

  async #answer(
    machine: string,
    argv: readonly string[],
    stdin: readonly Buffer[],
    connection: Connection,
  ): Promise<Omit<Answer, "stdout"> & { readonly stdout: string | Buffer }> {
    const sent: Command = { argv, sudo: false, mutates: true };
    const { command, token } = unfenced(sent);
    if (isBookkeeping(command)) {
      const input = Buffer.concat(stdin).toString();
      this.#follower.read(command, input);
      const answer = await (this.#hasShells ? this.#folders : this.#model.machines).run(machine, sent, input);
      this.kept(machine, command, answer);
      return answer;
    }
    await this.#follower.planned();
    const mutates = token !== undefined;
    const step = this.#follower.doing(machine);
    const arrival: Arrival = { nth: this.#count++, machine, command, mutates, connection, step };
    await this.before(arrival);
    if (token !== undefined && this.#hasShells) {
      const answer = await this.#folders.run(machine, fenced({ ...sent, argv: ["true"] }, token));
      if (isFencedOff(answer)) return answer;
    }
    if (this.#lost.has(connection)) return { code: 255, stdout: "", stderr: "" };
    const within = this.#hasShells ? command : sent;
    const answer = this.program(arrival) ?? (await this.#model.machines.run(machine, { ...within, mutates }));
    if (!mutates) await this.#follower.looked(machine, command, answer);
    // Its program may have been killed in this very moment, for what another machine was sent.
    if (!this.#lost.has(connection)) this.after(arrival, answer);
    return { ...answer, stdout: (mutates && this.#fixture.streams.get(step!.step)) || answer.stdout };
  }
}

/** The words of a command line that `quote` made. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:'[^']*'|\\'|[^\s'\\]+)+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/'([^']*)'|\\(')/g, (_all, quoted?: string, bare?: string) => quoted ?? bare ?? ""),
  );
}
