import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Syncs } from "./side.ts";

export interface ChildOptions {
  readonly argv: readonly string[];
  readonly syncs: Syncs;
  readonly stdio: "ignore" | "pipe";
}

/** A member's process; with a tracer in front of it the two are a group, and end together. */
export class Child {
  readonly process: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #traced: boolean;

  constructor({ argv, syncs, stdio }: ChildOptions) {
    this.#traced = syncs !== "done";
    const [program, ...args] = syncs === "done" ? argv : [...tracer(syncs), ...argv];
    this.process = spawn(program!, args, {
      stdio: [stdio, stdio, stdio === "pipe" ? "inherit" : "ignore"],
      detached: this.#traced,
    });
    this.process.stdin?.on("error", () => undefined);
    this.#exit = once(this.process, "exit");
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.running) return;
    if (this.#traced) process.kill(-this.process.pid!, name);
    else this.process.kill(name);
  }

  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** As it is told to stop in daily life. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  async #end(name: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    this.signal(name);
    await this.#exit;
  }
}

/**
 * strace makes the two system calls wait, or answers them itself: it is the one way that reaches programs that call the
 * kernel themselves, as those written in Go do. With --seccomp-bpf all other calls run at full speed.
 */
function tracer(syncs: Exclude<Syncs, "done">): readonly string[] {
  const fate = syncs === "left out" ? "retval=0" : `delay_enter=${syncs.delayMs * 1000}`;
  const inject = `--inject=fsync,fdatasync:${fate}`;
  return ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", inject];
}

/** What a process has used until now. */
export interface Usage {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

/** Linux counts processor time in hundredths of a second (proc(5), sysconf _SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;

export async function usageOf(pid: number): Promise<Usage> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // Behind the name, which stands in brackets: fields 14 and 15 are user and system time.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { residentBytes: Number(kibibytes) * 1024, cpuSeconds: ticks / TICKS_PER_SECOND };
}
