import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Connection, ServerChannel } from "ssh2";
import { loadCluster } from "../../../../src/toolkit/project/load-cluster.ts";
import { fenced, isFencedOff } from "../../../../src/toolkit/runner/lock/fence.ts";
import type { Answer, Command } from "../../../../src/toolkit/steps/command.ts";
import { resolve } from "../../../../src/toolkit/topology/resolve.ts";
import { FolderMachines } from "../../runner/machines.ts";
import { startServer, type TestServer } from "../../ssh/servers.ts";
import { RUN, runbookContext } from "../runbook-context.ts";
import { answersOf } from "../drain/answers.ts";
import { fixtureOf } from "./fixtures.ts";
import { isBookkeeping, unfenced } from "./model-books.ts";
import { Rehearsal } from "./rehearsal.ts";

const MBCTL = fileURLToPath(new URL("../../../../bin/mbctl.js", import.meta.url));
const NAMES = ["node-1", "node-2", "node-3"] as const;

/** A command that is no bookkeeping, as it comes to a machine: `connection` can be broken off. */
export interface Arrival {
  readonly nth: number;
  readonly machine: string;
  readonly command: Command;
  readonly mutates: boolean;
  readonly connection: Connection;
}

/** A program that was started. No exit code where a signal ended it. */
export interface Typed {
  readonly pid: number;
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly said: string }>;
}

/**
 * The three machines of a description behind SSH servers of this process, for programs of their own that drain node-1.
 * Lock, fence, journal and audit log are real shells in folders; the rest is the model's.
 */
export class ServedMachines {
  /** Called for each arrival before and after it is done. */
  before: (arrival: Arrival) => Promise<void> | void = () => undefined;
  after: (arrival: Arrival) => void = () => undefined;
  /** A program of the test's own on the machines, instead of the model; undefined for a command that is none. */
  program: (arrival: Arrival) => Answer | undefined = () => undefined;
  /** Called for each command about lock, journal and audit log, after it is done. */
  kept: (machine: string, command: Command, answer: Answer) => void = () => undefined;
  /** Who types. */
  user = "eve";
  readonly #folders: FolderMachines;
  readonly #servers: TestServer[] = [];
  readonly #connections = new Map<string, Connection[]>(NAMES.map((name) => [name, []]));
  readonly #cut = new Set<string>();
  #model!: Rehearsal;
  #count = 0;

  private constructor(folders: FolderMachines) {
    this.#folders = folders;
  }

  static async start(): Promise<ServedMachines> {
    const served = new ServedMachines(await FolderMachines.make());
    for (const machine of NAMES) {
      const exec = (channel: ServerChannel, line: string, connection: Connection) =>
        void served.#serve(machine, channel, line, connection);
      const onConnection = (connection: Connection) => {
        served.#connections.get(machine)!.push(connection);
        if (served.#cut.has(machine)) connection.end();
      };
      served.#servers.push(await startServer({ exec, onConnection }));
      mkdirSync(served.#folders.path(machine, ""), { recursive: true });
    }
    const { topology } = await served.#project("desk");
    const fixture = {
      ...(await fixtureOf("drain")),
      answers: answersOf({}, topology),
      context: runbookContext(topology),
    };
    served.#model = new Rehearsal(fixture);
    const plan = await served.#model.runnable.plan(fixture.answers, RUN);
    for (const phase of plan.phases) if (phase.machines.length === 0) phase.decide(new Map());
    return served;
  }

  /** The folder of a workstation's project. */
  projectOf(workstation: string): string {
    return join(this.#folders.folder, workstation);
  }

  get state(): Readonly<Record<string, readonly string[]>> {
    return this.#model.machines.state;
  }

  /** How many commands came that are no bookkeeping. */
  get count(): number {
    return this.#count;
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

  /** A program of its own, typed on a workstation, which is a project folder with nothing but the description. */
  async mbctl(workstation: string, ...args: readonly string[]): Promise<Typed> {
    const { file } = await this.#project(workstation);
    const identities = this.#servers.flatMap(({ keyFile }) => ["--identity", keyFile]);
    const running = execa(process.execPath, [MBCTL, ...args, "--file", file, ...identities], {
      reject: false,
      all: true,
      extendEnv: false,
      env: { HOME: this.#folders.folder, PATH: process.env["PATH"]!, USER: this.user },
    });
    const ended = running.then(({ exitCode, all }) => ({ exitCode, said: all }));
    return { pid: running.pid!, ended };
  }

  /** Ends every connection to it, and each new one, until it is healed. */
  cutOff(machine: string): void {
    this.#cut.add(machine);
    for (const connection of this.#connections.get(machine)!.splice(0)) connection.end();
  }

  heal(): void {
    this.#cut.clear();
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) await server.stop();
    this.#model[Symbol.dispose]();
    await this.#folders.remove();
  }

  async #project(workstation: string) {
    const folder = this.projectOf(workstation);
    const file = join(folder, "cluster.yaml");
    mkdirSync(join(folder, ".mailbastion", "acme"), { recursive: true });
    let text = readFileSync("examples/three-machines.yaml", "utf8").replace(
      "name: acme",
      "name: acme\nplatform: { kind: hosts }",
    );
    this.#servers.forEach(({ target: { host, port, user } }, index) => {
      const login = `ssh: { host: ${host}, port: ${port}, user: ${user} }, roles:`;
      text = text.replace(new RegExp(`(${NAMES[index]}:.*?)roles:`), `$1${login}`);
    });
    writeFileSync(file, `${text}tls: { public: { certificateFile: /etc/c.pem, keyFile: /etc/k.pem } }\n`);
    const known = this.#servers.map(
      ({ target: { host, port }, hostKey }) => `[${host}]:${port} ${hostKey.type} ${hostKey.base64}\n`,
    );
    writeFileSync(join(folder, ".mailbastion", "acme", "known_hosts"), known.join(""));
    return { file, topology: resolve((await loadCluster(file)).spec) };
  }

  async #serve(machine: string, channel: ServerChannel, line: string, connection: Connection): Promise<void> {
    const stdin: Buffer[] = [];
    for await (const chunk of channel) stdin.push(chunk as Buffer);
    const answer = await this.#answer(machine, wordsOf(line), Buffer.concat(stdin).toString(), connection);
    channel.write(answer.stdout);
    channel.stderr.write(answer.stderr);
    channel.exit(answer.code);
    channel.end();
  }

  async #answer(
    machine: string,
    argv: readonly string[],
    stdin: string,
    connection: Connection,
  ): Promise<Answer> {
    const sent: Command = { argv, sudo: false, mutates: true };
    const { command, token } = unfenced(sent);
    if (isBookkeeping(command)) {
      const answer = await this.#folders.run(machine, sent, stdin);
      this.kept(machine, command, answer);
      return answer;
    }
    const mutates = token !== undefined;
    const arrival = { nth: this.#count++, machine, command, mutates, connection };
    await this.before(arrival);
    const isOurs = token !== undefined && fenced({ ...sent, argv: ["true"] }, token);
    if (isOurs) {
      const answer = await this.#folders.run(machine, isOurs);
      if (isFencedOff(answer)) return answer;
    }
    const answer =
      this.program(arrival) ?? (await this.#model.machines.run(machine, { ...command, mutates }, stdin));
    this.after(arrival);
    return answer;
  }
}

/** The words of a command line that `quote` made. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:'[^']*'|\\'|[^\s'\\]+)+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/'([^']*)'|\\(')/g, (_all, quoted?: string, bare?: string) => quoted ?? bare ?? ""),
  );
}
