import type { Command } from "commander";
import pc from "picocolors";
import { UserError } from "../../../support/errors.ts";
import { bind } from "../../runbooks/bind.ts";
import { loadOwnRunbooks } from "../../runbooks/own/load.ts";
import { findRunbook, runbooks } from "../../runbooks/registry.ts";
import type { Begun, JournalEntry } from "../../runner/journal/entry.ts";
import { fetchRun, findRuns } from "../../runner/journal/find-runs.ts";
import type { RunRecord } from "../../runner/journal/run-record.ts";
import { abortRun, forgetRun, resumeRun, type ResumeSettings } from "../../runner/resume-run.ts";
import { EXIT } from "../exit-codes.ts";
import { asksFirst, confirm, declined, type Io } from "../io.ts";
import { example, jsonOption, targetOptions, yesOption } from "../options.ts";
import { lockOptions, openRun, type OpenedRun, type RunCommandOptions } from "./run-common.ts";

interface ResumeOptions extends RunCommandOptions {
  readonly takeOver?: boolean;
  readonly forget?: boolean;
}

export function addRuns(program: Command, io: Io, end: (code: number) => void): void {
  const runs = program
    .command("runs [run]")
    .description("what was run on the cluster, by whom, and how it ended; with a name, every step of it");
  example(jsonOption(targetOptions(runs)), "mbctl runs").action(
    async (run: string | undefined, options: RunCommandOptions) => end(await showRuns(run, options, io)),
  );
}

export function addResume(program: Command, io: Io, end: (code: number) => void): void {
  const resume = openRunOptions(
    program
      .command("resume [run]")
      .description("go on with a run that stopped or was broken off, also one of another computer"),
  );
  example(resume, "mbctl resume").action(async (run: string | undefined, options: ResumeOptions) =>
    end(await resumeCommand(run, options, io)),
  );
}

export function addAbort(program: Command, io: Io, end: (code: number) => void): void {
  const abort = openRunOptions(
    program
      .command("abort [run]")
      .description("take back what an unfinished run did, as far as it says it can, and end it")
      .option("--forget", "end the run as it stands: nothing is taken back"),
  );
  example(abort, "mbctl abort").action(async (run: string | undefined, options: ResumeOptions) =>
    end(await abortCommand(run, options, io)),
  );
}

function openRunOptions(command: Command): Command {
  return lockOptions(yesOption(targetOptions(command)))
    .option("--take-over", "whoever began it is known to be gone, although the lock is fresh")
    .option("--json", "print a line of JSON for each event instead of text");
}

async function resumeCommand(run: string | undefined, options: ResumeOptions, io: Io): Promise<number> {
  return withRun(options, io, async (opened) => {
    const result = await resumeRun(await resumeSettings(opened, run, options, io, "resume"));
    return result ? EXIT.done : declined(io);
  });
}

async function abortCommand(run: string | undefined, options: ResumeOptions, io: Io): Promise<number> {
  return withRun(options, io, async (opened) => {
    const settings = await resumeSettings(opened, run, options, io, options.forget ? "forget" : "abort");
    if (options.forget) return (await forgetRun(settings)) ? EXIT.done : declined(io);
    const result = await abortRun(settings);
    if (!result) return declined(io);
    const taken = `taken back: ${result.steps === 1 ? "1 step" : `${result.steps} steps`}`;
    if (options.json) opened.settings.say(taken);
    else io.err(taken);
    return EXIT.done;
  });
}

async function withRun(
  options: RunCommandOptions,
  io: Io,
  work: (opened: OpenedRun) => Promise<number>,
): Promise<number> {
  const opened = await openRun(options, io);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

async function resumeSettings(
  { settings, context, target }: OpenedRun,
  run: string | undefined,
  options: ResumeOptions,
  io: Io,
  verb: string,
): Promise<ResumeSettings> {
  const known = [...runbooks, ...(await loadOwnRunbooks(target.project))];
  const asks = asksFirst(io, options.yes ?? false);
  return {
    ...settings,
    machines: context.topology.machines.map(({ name }) => name),
    takeOver: options.takeOver ?? false,
    bind: (begun: Begun) => bind(findRunbook(begun.runbook, known), context, begun.arguments, begun.command),
    ...(run !== undefined && { run }),
    ...(asks && {
      confirm: (record: RunRecord) =>
        confirm(io, `${verb} ${record.begun.run} (${record.begun.command})?`, false),
    }),
  };
}

async function showRuns(run: string | undefined, options: RunCommandOptions, io: Io): Promise<number> {
  return withRun(options, io, async ({ settings, context }) => {
    const { runs, transport } = settings;
    const machines = context.topology.machines.map(({ name }) => name);
    const known = await findRuns(runs, machines, transport);
    const chosen = run === undefined ? known : known.filter((candidate) => candidate.run === run);
    const records = await Promise.all(
      chosen.map(async (one) => [await fetchRun(runs, one, transport), one.isEnded] as const),
    );
    const found = records.flatMap(([record, isEnded]) =>
      record ? { record, state: stateOf(record, isEnded) } : [],
    );
    if (run !== undefined && found.length === 0) throw unknownRun(run);
    if (options.json) io.out(JSON.stringify({ ok: true, runs: found.map(documentOf) }));
    else if (run === undefined) io.out(found.map(line).join("\n") || "nothing was run yet");
    else io.out([line(found[0]!), ...found[0]!.record.entries.map(entryLine)].join("\n"));
    return EXIT.done;
  });
}

interface ShownRun {
  readonly record: RunRecord;
  readonly state: string;
}

/** "ended" where it is not known any more how. */
function stateOf({ outcome, stopped }: RunRecord, isEnded: boolean): string {
  if (outcome !== undefined) return outcome;
  if (isEnded) return "ended";
  return stopped === undefined ? "unfinished" : "stopped";
}

const COLORS: Readonly<Record<string, (text: string) => string>> = {
  done: pc.green,
  unfinished: pc.red,
  stopped: pc.red,
};

function line({ record, state }: ShownRun): string {
  const { run, command, operator } = record.begun;
  const shown = COLORS[state]?.(state) ?? state;
  return `${run}  ${shown}  ${command}  (${operator.user}@${operator.host})`;
}

function entryLine(entry: JournalEntry): string {
  const time = new Date(entry.at).toISOString();
  switch (entry.kind) {
    case "begun":
    case "resumed":
    case "aborting":
      return `  ${time}  ${entry.kind} by ${entry.operator.user}@${entry.operator.host}`;
    case "phase-finished":
      return `  ${time}  finished: ${entry.phase}`;
    case "step-started":
    case "step-finished":
    case "step-undoing":
    case "step-undone":
      return `  ${time}  ${entry.machine}  ${entry.kind.slice("step-".length)}: ${entry.step}`;
    case "step-failed":
      return `  ${time}  ${entry.machine}  failed: ${entry.step}: ${entry.message}`;
    case "group-undone":
      return `  ${time}  taken back: ${entry.phases.join(", ")}`;
    case "stopped":
      return `  ${time}  stopped: ${entry.message}`;
    case "ended":
      return `  ${time}  ended: ${entry.outcome}`;
  }
}

function documentOf({ record, state }: ShownRun): Readonly<Record<string, unknown>> {
  const { run, runbook, command, operator } = record.begun;
  return { run, runbook, command, operator, at: record.at, state, entries: record.entries };
}

function unknownRun(run: string): UserError {
  return new UserError("RUN_UNKNOWN", `no machine knows a run ${run}`, "mbctl runs lists them");
}
