import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../support/errors.ts";

/** What a hook is told, as environment variables. */
export interface HookFacts {
  readonly cluster: string;
  readonly run: string;
  readonly runbook: string;
  readonly arguments: unknown;
  /** Of an after hook only. */
  readonly outcome?: string;
}

/** A hook that runs this long is ended: the cluster is locked meanwhile. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * Runs the project's own program for a moment of a runbook, `hooks/before-drain`, when there is one. Its output goes to
 * `say`. Throws HOOK_FAILED.
 */
export async function runHook(
  folder: string,
  moment: "before" | "after",
  facts: HookFacts,
  environment: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): Promise<void> {
  // "maintenance enter" is "before-maintenance-enter": no file wants a space in its name.
  const name = `${moment}-${facts.runbook.replaceAll(" ", "-")}`;
  const path = join(folder, name);
  if (!(await isExecutable(path))) return;
  // Read only where there is a hook: it is slow to load.
  const { execa } = await import("execa");
  const result = await execa(path, [], {
    cwd: folder,
    reject: false,
    all: true,
    stdin: "ignore",
    timeout: TIMEOUT_MS,
    env: {
      ...environment,
      MAILBASTION_CLUSTER: facts.cluster,
      MAILBASTION_RUN: facts.run,
      MAILBASTION_RUNBOOK: facts.runbook,
      MAILBASTION_ARGUMENTS: JSON.stringify(facts.arguments),
      ...(facts.outcome !== undefined && { MAILBASTION_OUTCOME: facts.outcome }),
    },
  });
  for (const line of result.all.split("\n").filter(Boolean)) say(`${name}: ${line}`);
  if (result.exitCode === 0) return;
  const how = result.timedOut
    ? `took longer than ${TIMEOUT_MS / 60_000} minutes`
    : `ended with exit code ${result.exitCode}`;
  throw new UserError("HOOK_FAILED", `the hook ${path} ${how}`, "mend it, or remove its execute permission");
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
