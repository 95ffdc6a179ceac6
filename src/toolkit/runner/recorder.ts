import { appendFile } from "node:fs/promises";
import { UserError } from "../../support/errors.ts";
import { sha256 } from "../../support/hash.ts";
import type { Command } from "../steps/command.ts";

/** One command that was sent to a machine, without anything secret: arguments never are, standard input is hashed. */
export interface Recorded {
  readonly at: string;
  readonly machine: string;
  readonly argv: readonly string[];
  readonly mutates: boolean;
  readonly stdinHash?: string;
  /** Absent when no answer came back. */
  readonly code?: number;
}

/** The list of all that a run sent, in order; with a path also on disk, a line of JSON each. */
export class Recorder {
  readonly #records: Recorded[] = [];
  readonly #path: string | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(path?: string) {
    this.#path = path;
  }

  get records(): readonly Recorded[] {
    return this.#records;
  }

  /** What changed something, or was meant to. */
  get mutations(): readonly Recorded[] {
    return this.#records.filter((record) => record.mutates);
  }

  add(machine: string, command: Command, now: number, code?: number): void {
    const { argv, mutates, stdin } = command;
    const record: Recorded = {
      at: new Date(now).toISOString(),
      machine,
      argv,
      mutates,
      ...(typeof stdin === "string" && { stdinHash: sha256(stdin) }),
      ...(code !== undefined && { code }),
    };
    this.#records.push(record);
    const path = this.#path;
    if (path === undefined) return;
    this.#written = this.#written.then(() =>
      appendFile(path, `${JSON.stringify(record)}\n`, { mode: 0o600 }),
    );
    // A full disk here must not break off a run on other machines; close tells of it.
    this.#written.catch(() => undefined);
  }

  /** Resolves when all is written. Throws RUN_LOG when it could not be. */
  async close(): Promise<void> {
    try {
      await this.#written;
    } catch (error) {
      throw new UserError(
        "RUN_LOG",
        `the log of the run, ${this.#path}, could not be written`,
        "make room on the disk; what the run did stands",
        { cause: error },
      );
    }
  }
}
