import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Identity } from "../../../../src/mailnode/raft/shell/tls-options.ts";
import type { RegisterInput } from "../../linearizable/clients.ts";
import type { Output } from "../../linearizable/history.ts";
import { until } from "../../fixtures/until.ts";
import type { AnswerLine, JoinLine, WhoLine } from "./process.ts";

const PROGRAM = join(import.meta.dirname, "process.ts");
const TICK_MS = 50;

/** The process went with an operation that it had taken. */
export class ProcessGone extends Error {}

export interface MemberOptions {
  readonly directory: string;
  readonly identity: Identity;
  /** A snapshot is taken when the log has grown by so much. */
  readonly snapshotLogBytes: number;
}

/** One member, over the lives of its process. */
export class MemberProcess {
  readonly #options: MemberOptions;
  readonly #waiting = new Map<number, { done: (output: Output | "refused") => void; gone: () => void }>();
  #child: ChildProcess | undefined;
  #isOpen = false;
  #joined = false;
  #operations = 0;
  id = "";
  port = 0;
  leader: string | undefined;
  /** What its last process wrote to standard error. */
  complaint = "";

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Starts the process; it waits to be told whom to join. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, ["--no-warnings", PROGRAM], { stdio: "pipe" });
    this.#child = child;
    this.complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.complaint += text));
    child.stdin.on("error", () => undefined);
    child.once("exit", () => this.#gone(child));
    createInterface({ input: child.stdout }).on("line", (line) => this.#line(JSON.parse(line) as AnswerLine));
    const { directory, identity, snapshotLogBytes } = this.#options;
    const { key, certificate, authority } = identity;
    const who: WhoLine = {
      directory,
      snapshotLogBytes,
      port: this.port,
      key: key.reveal(),
      certificate,
      authority,
      tickMs: TICK_MS,
    };
    [this.#isOpen, this.#joined] = [false, false];
    this.#tell(who);
    await until(() => this.#isOpen);
  }

  join(line: JoinLine): void {
    this.#tell(line);
    this.#joined = true;
  }

  /** Throws ProcessGone when the process went before it answered. */
  operate(key: string, input: RegisterInput): Promise<Output | "refused"> {
    if (this.#child === undefined || !this.#joined) return Promise.resolve("refused");
    const number = this.#operations++;
    return new Promise((done, reject) => {
      this.#waiting.set(number, { done, gone: () => reject(new ProcessGone()) });
      this.#tell({ number, key, input });
    });
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child!.kill(name);
  }

  async kill(): Promise<void> {
    await this.#end((child) => child.kill("SIGKILL"));
  }

  async stop(): Promise<void> {
    await this.#end((child) => child.stdin!.end());
  }

  async #end(how: (child: ChildProcess) => void): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exit = once(child, "exit");
    how(child);
    await exit;
  }

  #gone(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.leader = undefined;
    for (const [number, { gone }] of this.#waiting) {
      this.#waiting.delete(number);
      gone();
    }
  }

  #tell(line: unknown): void {
    this.#child!.stdin!.write(`${JSON.stringify(line)}\n`);
  }

  #line(line: AnswerLine): void {
    if ("id" in line) {
      // Both stay the same over its lives.
      [this.id, this.port] = [line.id, line.port];
      this.#isOpen = true;
    } else if ("number" in line) {
      this.#waiting.get(line.number)?.done(line.output);
      this.#waiting.delete(line.number);
    } else this.leader = line.leader;
  }
}
