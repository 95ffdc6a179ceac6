import { UserError } from "../../support/errors.ts";
import { EXIT } from "./exit-codes.ts";

/** The surroundings of a command: what it prints to and whom it may ask. Tests pass their own. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person sits there who can answer. */
  readonly isInteractive: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Errors and the result alone are wanted: --quiet. */
  readonly isQuiet?: boolean;
}

export const processIo: Io = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  isInteractive: Boolean(process.stdin.isTTY && process.stdout.isTTY),
  environment: process.env,
};

/** Tells how the work goes on, or what may be typed next; keeps out of the way of the result. Nothing with --quiet. */
export function note(io: Io, text: string): void {
  if (!io.isQuiet) io.err(text);
}

/** Whether something that changes is asked about first: not with --yes, nor with CI=true. */
export function asksFirst(io: Io, yes: boolean): boolean {
  return !yes && io.environment["CI"] !== "true";
}

/**
 * Asks before something is changed. True with --yes or CI=true. Throws NOT_CONFIRMED where nobody can be asked:
 * a script must say --yes itself.
 */
export async function confirm(io: Io, question: string, yes: boolean): Promise<boolean> {
  if (!asksFirst(io, yes)) return true;
  if (!io.isInteractive) {
    throw new UserError(
      "NOT_CONFIRMED",
      `this asks first: ${question}`,
      "add --yes where nobody sits at the terminal",
    );
  }
  // Read only when somebody is asked: it is slow to load.
  const { default: inquirer } = await import("inquirer");
  const { answer } = await inquirer.prompt<{ answer: boolean }>([
    { type: "confirm", name: "answer", message: question, default: false },
  ]);
  return answer;
}

/** What a command ends with where a person has said no. */
export function declined(io: Io): number {
  io.err("nothing was changed");
  return EXIT.failed;
}
