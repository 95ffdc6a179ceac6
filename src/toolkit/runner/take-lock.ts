import { randomBytes } from "node:crypto";
import type { RunSettings } from "./attempt.ts";
import { ClusterLock } from "./lock/cluster-lock.ts";
import { isStale, type LockOnMachine } from "./lock/holder.ts";
import { identify, isGone } from "./lock/process-identity.ts";
import { locksOn, type LockSeen } from "./lock/seen.ts";
import type { Runnable } from "./plan.ts";

/**
 * Takes the cluster's lock for a run. A lock of a process that is known to be gone, of this very boot and container, may
 * be taken at once; any other only when it is stale, or when `isDead` says that a person knows.
 */
export function takeLock(
  runnable: Pick<Runnable, "command" | "machines">,
  run: string,
  settings: RunSettings,
  isDead: (lock: LockOnMachine) => boolean = () => false,
): Promise<ClusterLock> {
  const { operator, pid, env } = settings;
  const identity = identify(pid);
  return ClusterLock.acquire({
    ...settings,
    machines: runnable.machines,
    holder: {
      kind: "run",
      run,
      command: runnable.command,
      ...operator,
      pid,
      at: env.now(),
      ...(identity && { process: identity }),
    },
    token: `${run}.${randomBytes(6).toString("hex")}`,
    waitMs: settings.lockWaitMs,
    isDead: (lock) => isDead(lock) || isOfDeadProcess(lock, settings),
  });
}

/** The lock that nobody may take over now: of a run that lives, or taken by hand. */
export async function lockInTheWay(
  { machines }: Pick<Runnable, "machines">,
  settings: RunSettings,
): Promise<LockSeen | undefined> {
  const seen = await locksOn(machines, settings.transport);
  return seen.find(({ lock }) => !isStale(lock) && !isOfDeadProcess(lock, settings));
}

function isOfDeadProcess({ holder }: LockOnMachine, { operator }: RunSettings): boolean {
  return holder.kind === "run" && holder.host === operator.host && isGone(holder.pid, holder.process);
}
