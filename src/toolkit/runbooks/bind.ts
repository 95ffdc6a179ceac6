import { isDeepStrictEqual } from "node:util";
import { UserError } from "../../support/errors.ts";
import { sha256 } from "../../support/hash.ts";
import type { Plan, Runnable } from "../runner/plan.ts";
import type { AnyRunbook, RunbookContext } from "./runbook.ts";

/** Binds a runbook to a cluster and its arguments, for the engine. Throws RUNBOOK_ARGUMENTS; its plan, RUNBOOK_TITLES. */
export function bind(
  runbook: AnyRunbook,
  context: RunbookContext,
  given: unknown,
  command: string,
): Runnable {
  const parsed = runbook.arguments.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(
      "RUNBOOK_ARGUMENTS",
      `${runbook.name} does not take ${JSON.stringify(given)}: ${issue!.path.join(".")} ${issue!.message}`,
      `see mbctl ${runbook.name} --help`,
    );
  }
  const { topology } = context;
  return {
    runbook: runbook.name,
    command,
    cluster: topology.cluster,
    arguments: parsed.data as unknown,
    description: sha256(JSON.stringify(topology)),
    machines: topology.machines.map(({ name }) => name),
    isRepeatable: runbook.isRepeatable,
    isResumedOnceBegun: runbook.isResumedOnceBegun?.(parsed.data) ?? false,
    supersedes: (earlier) =>
      runbook.isRepeatable &&
      (runbook.supersedes?.(earlier, parsed.data) ?? isDeepStrictEqual(earlier, asKept(parsed.data))),
    survey: runbook.survey(context, parsed.data),
    plan: async (answers, run) => {
      const plan = await runbook.plan(context, parsed.data, answers, run);
      refuseSameTitles(runbook.name, plan);
      return plan;
    },
  };
}

/** A run that is resumed would take the second phase of a title for done with the first. */
function refuseSameTitles(name: string, { phases }: Plan): void {
  const titles = phases.map(({ title }) => title);
  const twice = titles.find((title, index) => titles.indexOf(title) !== index);
  if (twice === undefined) return;
  throw new UserError(
    "RUNBOOK_TITLES",
    `two phases of ${name} are called "${twice}", and the journal knows a phase by its title`,
    "give each phase a title of its own, such as one with the machine's name",
  );
}

/** Arguments as a journal gives them back: without what was not given. */
function asKept(given: unknown): unknown {
  return JSON.parse(JSON.stringify(given));
}
