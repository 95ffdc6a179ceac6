import type { RunSettings } from "../../runner/attempt.ts";
import { Recorder } from "../../runner/recorder.ts";
import { silentReporter } from "../../runner/reporter.ts";
import { runPhases } from "../../runner/run-phases.ts";
import type { Step } from "../../steps/step.ts";
import type { ApplyPlan, PrepareRelease } from "../apply/run-apply.ts";
import type { RunbookContext } from "../runbook.ts";
import { compareMachines, type MachineComparison } from "./compare.ts";
import { prepareComparison } from "./prepare-comparison.ts";

/** An action of a plan, as a person reads it. */
export interface PlannedAction {
  /** "?" where it is known only after those before it. */
  readonly machine: string;
  readonly title: string;
}

/** What an apply would do, without a secret in it. */
export interface PlannedChanges {
  readonly machines: readonly MachineComparison[];
  /** In the order in which they would be done. */
  readonly actions: readonly PlannedAction[];
}

/** Looks at the machines and changes nothing. Throws what planApply throws, and what the transport throws. */
export async function planChanges(
  context: RunbookContext,
  settings: RunSettings,
  prepare?: PrepareRelease,
): Promise<PlannedChanges> {
  const plan = await prepareComparison(context, settings, prepare);
  const machines = await compareMachines(context.topology, plan.bundles, plan.resolverOf, settings);
  return { machines, actions: await actionsOf(plan, settings) };
}

/** Whether everything is as described. */
export function isNothing({ machines, actions }: PlannedChanges): boolean {
  return actions.length === 0 && machines.every(({ files }) => files.length === 0);
}

async function actionsOf(
  { phases, resolverOf }: ApplyPlan,
  settings: RunSettings,
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
