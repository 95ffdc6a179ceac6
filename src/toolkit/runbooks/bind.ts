import { isDeepStrictEqual } from "node:util";
import { UserError } from "../../support/errors.ts";
import { sha256 } from "../../support/hash.ts";
import type { Runnable } from "../runner/plan.ts";
import type { AnyRunbook, RunbookContext } from "./runbook.ts";

/** Binds a runbook to a cluster and its arguments, for the engine. Throws RUNBOOK_ARGUMENTS. */
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
    plan: (answers, run) => runbook.plan(context, parsed.data, answers, run),
  };
}

/** Arguments as a journal gives them back: without what was not given. */
function asKept(given: unknown): unknown {
  return JSON.parse(JSON.stringify(given));
}
