import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import pc from "picocolors";
import { buildBundles } from "../../bundle/build.ts";
import { replaceFile } from "../../disk/replace-file.ts";
import { overridesFolder } from "../../project/load-overrides.ts";
import { planApply, type ApplyPlan } from "../../runbooks/apply/run-apply.ts";
import { apply } from "../../runbooks/apply/runbook.ts";
import { compareMachine, driftedFiles, type MachineComparison } from "../../runbooks/plan/compare.ts";
import { overridesOf } from "../../runbooks/plan/take-theirs.ts";
import { Recorder } from "../../runner/recorder.ts";
import { silentReporter } from "../../runner/reporter.ts";
import { runPhases } from "../../runner/run-phases.ts";
import { takeSurvey } from "../../runner/survey.ts";
import type { Step } from "../../steps/step.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example, jsonOption, targetOptions } from "../options.ts";
import { openRun, type OpenedRun, type RunCommandOptions } from "./run-common.ts";

/** An action of a plan, as a person reads it. */
interface PlannedAction {
  readonly machine: string;
  readonly title: string;
}

export function addPlan(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command("plan")
    .description(
      "show what apply would do: every difference of every file, what was changed by hand, and the actions in order (exit code 2 when there is something)",
    );
  example(jsonOption(targetOptions(command)), "mbctl plan").action(async (options: RunCommandOptions) =>
    end(await plan(options, io)),
  );
}

async function plan(options: RunCommandOptions, io: Io): Promise<number> {
  const opened = await openRun({ ...options, dryRun: true }, io);
  try {
    const prepared = await prepare(opened);
    const machines = await comparisons(opened, prepared);
    const actions = await plannedActions(opened, prepared);
    const isEmpty = actions.length === 0 && machines.every(({ files }) => files.length === 0);
    if (options.json) io.out(JSON.stringify({ ok: true, changes: !isEmpty, machines, actions }));
    else
      io.out(isEmpty ? pc.green("nothing to do: everything is as described") : planText(machines, actions));
    return isEmpty ? EXIT.done : EXIT.changes;
  } finally {
    await opened.close();
  }
}

/**
 * Keeps what was changed by hand as overrides of the project. Resolves to the files that were written; a later plan of
 * the same project finds no drift there.
 */
export async function takeTheirs(options: RunCommandOptions, io: Io): Promise<readonly string[]> {
  const opened = await openRun(options, io);
  try {
    const { bundles, resolverOf } = await prepare(opened);
    const { context, settings, target } = opened;
    const vip = context.topology.network.vip;
    const drifted = await Promise.all(
      bundles.map((bundle) => driftedFiles(bundle, resolverOf(bundle.machine), vip, settings)),
    );
    const secrets = await context.secrets();
    const versionOf = (name: string) => secrets.versions().get(name)!;
    const plain = buildBundles(context.topology, { services: context.services, versionOf });
    const written = overridesOf(drifted.flat(), plain, resolverOf, context.overrides);
    return await Promise.all(
      written.map(async ({ scope, path, text }) => {
        const file = join(overridesFolder(target.project), scope, `${path}.patch`);
        await mkdir(dirname(file), { recursive: true });
        await replaceFile(file, text, 0o644);
        return file;
      }),
    );
  } finally {
    await opened.close();
  }
}

async function prepare({ context, settings }: OpenedRun): Promise<ApplyPlan> {
  const args = { overwrite: true };
  const answers = await takeSurvey(apply.survey(context, args), settings);
  return planApply({ ...context, ...args, secrets: await context.secrets() }, answers);
}

function comparisons(
  { context, settings }: OpenedRun,
  { bundles, resolverOf }: ApplyPlan,
): Promise<readonly MachineComparison[]> {
  const { vip } = context.topology.network;
  return Promise.all(
    bundles.map((bundle) => compareMachine(bundle, resolverOf(bundle.machine), vip, settings)),
  );
}

async function plannedActions(
  { settings }: OpenedRun,
  { phases, resolverOf }: ApplyPlan,
): Promise<readonly PlannedAction[]> {
  const actions: PlannedAction[] = [];
  const add = ({ machine, title, commands }: Step) =>
    void (commands.length > 0 && actions.push({ machine, title }));
  await runPhases(phases, {
    ...settings,
    reporter: {
      ...silentReporter,
      stepPlanned: add,
      phaseUndecided: (title) =>
        void actions.push({ machine: "?", title: `${title} (known only after the above)` }),
    },
    recorder: new Recorder(),
    resolverOf,
    dryRun: true,
  });
  return actions;
}

function planText(machines: readonly MachineComparison[], actions: readonly PlannedAction[]): string {
  const files = machines.flatMap(({ machine, files: ofMachine }) =>
    ofMachine.map(({ path, change, byHand, diff }) => {
      const sign = { added: pc.green("+"), changed: pc.yellow("~"), removed: pc.red("-") }[change];
      const hand = byHand ? pc.red("  changed by hand since the last apply") : "";
      return [`${sign} ${pc.bold(machine)}  ${path}${hand}`, ...(diff === "" ? [] : [coloured(diff)])].join(
        "\n",
      );
    }),
  );
  const steps = actions.map(({ machine, title }, index) => `${index + 1}. ${pc.bold(machine)}  ${title}`);
  return [...files, `${actions.length} actions, in this order:`, ...steps].join("\n");
}

function coloured(diff: string): string {
  return diff
    .trimEnd()
    .split("\n")
    .map(
      (line) => `    ${line.startsWith("+") ? pc.green(line) : line.startsWith("-") ? pc.red(line) : line}`,
    )
    .join("\n");
}
