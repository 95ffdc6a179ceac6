import { UserError } from "../../src/support/errors.ts";
import { print } from "./report.ts";

/** Runs a benchmark's command. What its user can help is told in one line, and gives exit code 1. */
export async function runCommand(command: (args: readonly string[]) => Promise<void>): Promise<void> {
  try {
    await command(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    print(`${error.message}: ${error.remedy}`);
    process.exitCode = 1;
  }
}
