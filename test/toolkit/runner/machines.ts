import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../src/support/errors.ts";
import type { Env } from "../../../src/support/env.ts";
import type { RunSettings } from "../../../src/toolkit/runner/attempt.ts";
import { neverInterrupted } from "../../../src/toolkit/runner/interruption.ts";
import { localTransport } from "../../../src/toolkit/runner/local-transport.ts";
import { RUNS } from "../../../src/toolkit/runner/lock/places.ts";
import { AUDIT_LOG } from "../../../src/toolkit/runner/audit.ts";
import { silentReporter } from "../../../src/toolkit/runner/reporter.ts";
import { systemEnv } from "../../../src/toolkit/runner/system-env.ts";
import type { Transport } from "../../../src/toolkit/ssh/transport.ts";
import type { Command } from "../../../src/toolkit/steps/command.ts";

/**
 * Machines in folders of this one: every command runs for real in a shell, with the places where runs keep their things
 * moved into the machine's own folder. `@machine` in an argument is that folder too.
 */
export class FolderMachines implements Transport {
  readonly folder: string;
  /** Machines that do not answer. */
  readonly silent = new Set<string>();
  /** Called before each command is sent; may throw, or never resolve. */
  before: (machine: string, command: Command) => Promise<void> = async () => undefined;

  readonly #end = new AbortController();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param disk the folder in which theirs is made */
  static async make(disk = tmpdir()): Promise<FolderMachines> {
    return new FolderMachines(await mkdtemp(join(disk, "mailbastion-machines-")));
  }

  async run(machine: string, command: Command, stdin?: string) {
    await this.before(machine, command);
    if (this.silent.has(machine))
      throw new UserError("SSH_UNREACHABLE", `${machine} does not answer`, "see that it is on");
    const argv = command.argv.map((word) =>
      word
        .replaceAll(RUNS, this.path(machine, "runs"))
        .replaceAll(AUDIT_LOG, this.path(machine, "audit.log"))
        .replaceAll("@machine", this.path(machine, "")),
    );
    return localTransport.run(machine, { ...command, argv }, stdin);
  }

  path(machine: string, name: string): string {
    return join(this.folder, machine, name);
  }

  close = (): Promise<void> => Promise.resolve();

  remove(): Promise<void> {
    this.#end.abort();
    return rm(this.folder, { recursive: true, force: true });
  }

  /** A workstation of its own, with its own copies of journals. */
  settings(workstation = "desk", changes: Partial<RunSettings> = {}): RunSettings {
    return {
      transport: this,
      env: mortalEnv(this.#end.signal),
      reporter: silentReporter,
      interruption: neverInterrupted,
      operator: { user: "alice", host: workstation },
      pid: process.pid,
      runs: join(this.folder, workstation, "runs"),
      hooks: join(this.folder, workstation, "hooks"),
      environment: process.env,
      lockWaitMs: 0,
      acceptMinority: false,
      say: () => undefined,
      warn: () => undefined,
      ...changes,
    };
  }
}

/** In the end nobody wakes any more: a run that was "killed" would go on renewing its lock for ever. */
function mortalEnv(end: AbortSignal): Env {
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    try {
      await systemEnv.sleep(ms, signal ? AbortSignal.any([signal, end]) : end);
    } catch (error) {
      if (end.aborted) await new Promise(() => undefined);
      throw error;
    }
  };
  return { ...systemEnv, sleep };
}
