import pc from "picocolors";
import { quote } from "../ssh/quote.ts";
import type { Command } from "../steps/command.ts";
import type { Step } from "../steps/step.ts";

/** What a run tells while it goes on. */
export interface Reporter {
  phaseStarted(title: string): void;
  stepPlanned(step: Step): void;
  /** In a dry run: what the phase would do hangs on steps that were not run. */
  phaseUndecided(title: string, reason: string): void;
  stepStarted(step: Step): void;
  stepFinished(step: Step, ms: number): void;
  stepFailed(step: Step, ms: number): void;
  /** What it brings was there already. */
  stepSkipped(step: Step): void;
  /** A step of this group failed, and the others are taken back. */
  undoStarted(group: string, reason: string): void;
  stepUndone(step: Step): void;
  phaseFinished(title: string, steps: number, ms: number): void;
  runFinished(steps: number, ms: number, dryRun: boolean): void;
}

/** Lines for people, each beginning with the machine it is about. */
export function lineReporter(out: (line: string) => void): Reporter {
  return {
    phaseStarted: () => undefined,
    stepPlanned: (step) => {
      out(`${pc.bold(step.machine)}  ${step.title}`);
      if (step.unless) out(indented(`unless ${quote(step.unless.argv)}`));
      for (const command of step.commands) out(indented(commandText(command)));
      if (step.verify) out(indented(`until ${step.verify.title}: ${quote(step.verify.command.argv)}`));
    },
    phaseUndecided: (title, reason) => out(`? ${title}: known only after the steps above (${reason})`),
    stepStarted: () => undefined,
    stepFinished: (step, ms) => out(`  ${pc.bold(step.machine)}  ${step.title}  ${pc.dim(seconds(ms))}`),
    stepFailed: (step, ms) =>
      out(`  ${pc.bold(step.machine)}  ${pc.red(`failed: ${step.title}`)}  ${pc.dim(seconds(ms))}`),
    stepSkipped: (step) => out(`  ${pc.bold(step.machine)}  ${pc.dim(`${step.title}: done already`)}`),
    undoStarted: (group, reason) => out(pc.yellow(`- taking back "${group}": ${reason.split("\n")[0]}`)),
    stepUndone: (step) => out(`  ${pc.bold(step.machine)}  taken back: ${step.title}`),
    phaseFinished: (title, steps, ms) =>
      out(steps === 0 ? pc.dim(`= ${title}`) : `${pc.green("+")} ${title}  ${pc.dim(seconds(ms))}`),
    runFinished: (steps, ms, dryRun) => out(verdict(steps, ms, dryRun)),
  };
}

/** The lines of a script stand under its first one, so that the titles of steps stand out. */
function indented(text: string): string {
  return text
    .split("\n")
    .map((line, index) => `${index === 0 ? "    " : "      "}${line}`)
    .join("\n");
}

/** For runs that are a part of something else. */
export const silentReporter: Reporter = {
  phaseStarted: () => undefined,
  stepPlanned: () => undefined,
  phaseUndecided: () => undefined,
  stepStarted: () => undefined,
  stepFinished: () => undefined,
  stepFailed: () => undefined,
  stepSkipped: () => undefined,
  undoStarted: () => undefined,
  stepUndone: () => undefined,
  phaseFinished: () => undefined,
  runFinished: () => undefined,
};

/** Of `lines` only what a run comes to: its end, or the plan that a dry run shows. */
export function resultReporter(lines: Reporter): Reporter {
  return {
    ...silentReporter,
    stepPlanned: (step) => lines.stepPlanned(step),
    phaseUndecided: (title, reason) => lines.phaseUndecided(title, reason),
    runFinished: (steps, ms, dryRun) => lines.runFinished(steps, ms, dryRun),
  };
}

/** A line of JSON for each event, for programs. */
export function jsonReporter(out: (line: string) => void): Reporter {
  const tell = (event: string, more: Record<string, unknown>) => out(JSON.stringify({ event, ...more }));
  const about = ({ machine, title }: Step) => ({ machine, step: title });
  return {
    phaseStarted: (title) => tell("phase", { title }),
    stepPlanned: (step) =>
      tell("planned", { ...about(step), commands: step.commands.map(({ argv }) => argv) }),
    phaseUndecided: (title, reason) => tell("undecided", { title, reason }),
    stepStarted: (step) => tell("started", about(step)),
    stepFinished: (step, ms) => tell("finished", { ...about(step), ms: Math.round(ms) }),
    stepFailed: (step, ms) => tell("failed", { ...about(step), ms: Math.round(ms) }),
    stepSkipped: (step) => tell("skipped", about(step)),
    undoStarted: (group, reason) => tell("undo", { group, reason }),
    stepUndone: (step) => tell("undone", about(step)),
    phaseFinished: (title, steps, ms) => tell("phase-finished", { title, steps, ms: Math.round(ms) }),
    runFinished: (steps, ms, dryRun) => tell("run-finished", { steps, ms: Math.round(ms), dryRun }),
  };
}

/** As it would be typed; what goes to standard input is counted, never shown. */
function commandText({ argv, stdin, stdout }: Command): string {
  const into = stdout === undefined ? "" : ` > ${stdout.localFile}`;
  if (stdin === undefined) return `${quote(argv)}${into}`;
  const from = typeof stdin === "string" ? `(${Buffer.byteLength(stdin)} bytes)` : stdin.localFile;
  return `${quote(argv)} < ${from}${into}`;
}

function verdict(steps: number, ms: number, dryRun: boolean): string {
  const count = steps === 1 ? "1 step" : `${steps} steps`;
  if (steps === 0) return pc.green(`nothing to do: everything is as described (looked for ${seconds(ms)})`);
  return dryRun
    ? `${count} would be done; nothing was changed`
    : pc.green(`done: ${count} in ${seconds(ms)}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
