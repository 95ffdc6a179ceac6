import type { Command } from "commander";
import { RELEASE } from "../../../contract/release-layout.ts";
import type { OperationId } from "../../../contract/api-operations.ts";
import { askLocal, ProblemAnswer, type AnswerOf, type Question } from "./ask-local.ts";
import { exitCodeOf } from "./exit-codes.ts";

/** What every command takes. */
export interface Common {
  readonly socket: string;
  readonly json?: true;
}

/** Gives a command the options that all have, and an example. */
export function described(command: Command, example: string): Command {
  return command
    .option("--json", "print the answer as it came, also when it is a problem")
    .option("--socket <path>", "the node's local socket", RELEASE.socket)
    .addHelpText("after", `\nExample:\n  mbnode ctl ${example}`);
}

/**
 * Asks, and prints the answer: whole with --json, else as `show` makes of it. A problem goes to standard error, and
 * becomes the exit code; what askLocal throws besides is left to the caller.
 */
export async function act<Id extends OperationId>(
  { socket, json }: Common,
  id: Id,
  question: Question,
  show: (answer: AnswerOf<Id>) => string | Uint8Array,
): Promise<void> {
  try {
    const answer = await askLocal(socket, id, question);
    process.stdout.write(json ? `${JSON.stringify(answer)}\n` : show(answer));
  } catch (error) {
    if (!(error instanceof ProblemAnswer)) throw error;
    const { problem } = error;
    process.stderr.write(
      json ? `${JSON.stringify(problem)}\n` : `mbnode: ${problem.detail}\n${problem.remedy}\n`,
    );
    process.exitCode = exitCodeOf(problem);
  }
}
