import type { Readable } from "node:stream";
import type { Answer, Command } from "../steps/command.ts";

/** What brings commands to machines and answers back. */
export interface Transport {
  /**
   * Runs a command and returns its answer, whatever the exit code.
   *
   * `stdin` is fed instead of the command's own, whose placeholders are for the caller to resolve. Throws a
   * UserError when the command could not be run or its answer did not come back.
   */
  run(machine: string, command: Command, stdin?: Readable | string): Promise<Answer>;
  close(): Promise<void>;
}
