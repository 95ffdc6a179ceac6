import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import { isPassing } from "../ssh/errors.ts";
import { quote } from "../ssh/quote.ts";
import type { Answer, Command } from "../steps/command.ts";
import type { Gate, Step } from "../steps/step.ts";
import type { Reporter } from "./reporter.ts";
import type { Sender } from "./sender.ts";

interface StepOptions {
  readonly env: Env;
  readonly reporter: Reporter;
}

/** How much of what a program said is shown when it failed. */
const LAST_LINES = 20;

/**
 * Runs the commands of a step in order, unless what they bring is there, then waits for its gate. Throws STEP_FAILED or
 * GATE_TIMEOUT.
 */
export async function runStep(step: Step, sender: Sender, { env, reporter }: StepOptions): Promise<void> {
  const begin = env.monotonic();
  reporter.stepStarted(step);
  try {
    if (step.unless && (await sender.send(step.machine, step.unless)).code === 0) {
      reporter.stepSkipped(step);
      return;
    }
    for (const command of step.commands) {
      const answer = await sender.send(step.machine, command);
      if (answer.code !== 0) throw stepFailed(step, command, answer);
    }
    if (step.verify) await waitFor(step, step.verify, sender, env);
    reporter.stepFinished(step, env.monotonic() - begin);
  } catch (error) {
    reporter.stepFailed(step, env.monotonic() - begin);
    throw error;
  }
}

async function waitFor(step: Step, gate: Gate, sender: Sender, env: Env): Promise<void> {
  const end = env.monotonic() + gate.timeoutMs;
  for (;;) {
    const answer = await lookAgainLater(sender.send(step.machine, gate.command));
    if (answer.code === 0) return;
    if (env.monotonic() >= end) throw gateTimeout(step, gate, answer);
    await env.sleep(gate.intervalMs);
  }
}

/** A machine that is out of reach for a moment, as its network restarts, is one that does not hold yet. */
async function lookAgainLater(sent: Promise<Answer>): Promise<Answer> {
  try {
    return await sent;
  } catch (error) {
    if (!isPassing(error)) throw error;
    return { code: 255, stdout: "", stderr: (error as UserError).message };
  }
}

function stepFailed(step: Step, command: Command, answer: Answer): UserError {
  return new UserError(
    "STEP_FAILED",
    `on ${step.machine}, "${step.title}" failed: ${commandLine(command)} ended with exit code ${answer.code}${said(answer)}`,
    "mend the cause and run the command again: it goes on with what is left",
  );
}

function gateTimeout(step: Step, gate: Gate, answer: Answer): UserError {
  return new UserError(
    "GATE_TIMEOUT",
    `on ${step.machine}, "${step.title}" was done, but ${Math.round(gate.timeoutMs / 1000)} s later it is still not so that ${gate.title}${said(answer)}`,
    `look at ${step.machine} (journalctl -e) and run the command again: it goes on with what is left`,
  );
}

/** Long scripts are shown by their arguments, as a person knows them from the step's title. */
export function commandLine({ argv }: Command): string {
  const isScript = argv[0] === "sh" && argv[1] === "-euc" && argv[2]!.includes("\n");
  if (!isScript) return quote(argv);
  return argv.length > 4
    ? `a script with the arguments ${quote(argv.slice(4))}`
    : "a script without arguments";
}

function said(answer: Answer): string {
  const lines = `${answer.stderr}\n${answer.stdout}`.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0
    ? ""
    : `\n${lines
        .slice(-LAST_LINES)
        .map((line) => `    ${line}`)
        .join("\n")}`;
}
