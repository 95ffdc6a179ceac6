import type { Env } from "../../support/env.ts";
import type { OpenCluster } from "./open-cluster.ts";

type Parts = Pick<OpenCluster, "log" | "directory">;

/**
 * Whether a member has a standing and has applied all that was committed when it asked: then it may serve. A witness has
 * nothing to apply; it must have a leader.
 */
async function hasCaughtUp({ log, directory }: Parts, witness: boolean): Promise<boolean> {
  const isThere = witness
    ? log.driver.leader() !== undefined
    : await log.replica.barrier().then(
        () => true,
        () => false,
      );
  return isThere && directory.standingOf(log.id) !== undefined;
}

/** Resolves once a member has caught up: with true, or with false when the signal ended it. It looks every `lookMs`. */
export async function catchUp(
  open: Parts,
  { witness, env, lookMs }: { readonly witness: boolean; readonly env: Env; readonly lookMs: number },
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    if (await hasCaughtUp(open, witness)) return true;
    await env.sleep(lookMs, signal).catch(() => undefined);
  }
  return false;
}
