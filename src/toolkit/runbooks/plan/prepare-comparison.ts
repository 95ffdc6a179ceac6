import { planApply, type ApplyPlan, type PrepareRelease } from "../apply/run-apply.ts";
import { apply } from "../apply/runbook.ts";
import type { RunSettings } from "../../runner/attempt.ts";
import { takeSurvey } from "../../runner/survey.ts";
import type { RunbookContext } from "../runbook.ts";

/** The plan of an apply that would write over what was changed by hand. Reads only; throws what planApply throws. */
export async function prepareComparison(
  context: RunbookContext,
  settings: RunSettings,
  prepare?: PrepareRelease,
): Promise<ApplyPlan> {
  const args = { overwrite: true };
  const answers = await takeSurvey(apply.survey(context, args), settings);
  return planApply({ ...context, ...args, secrets: await context.secrets() }, answers, prepare);
}
