import { randomBytes } from "node:crypto";
import type { RunSettings } from "./attempt.ts";
import { ClusterLock } from "./lock/cluster-lock.ts";
import type { LockOnMachine } from "./lock/holder.ts";
import type { Runnable } from "./plan.ts";

/**
 * Takes the cluster's lock for a run. A lock of a process of this computer that is gone may be taken at once; any other
 * only when it is stale, or when `isDead` says that a person knows.
 */
export function takeLock(
  runnable: Pick<Runnable, "command" | "machines">,
  run: string,
  settings: RunSettings,
  isDead: (lock: LockOnMachine) => boolean = () => false,
): Promise<ClusterLock> {
  const { operator, pid, env } = settings;
  return ClusterLock.acquire({
    ...settings,
    machines: runnable.machines,
    holder: { kind: "run", run, command: runnable.command, ...operator, pid, at: env.now() },
    token: `${run}.${randomBytes(6).toString("hex")}`,
    waitMs: settings.lockWaitMs,
    isDead: (lock) => isDead(lock) || isOfDeadProcess(lock, settings),
  });
}

function isOfDeadProcess({ holder }: LockOnMachine, { operator, pid }: RunSettings): boolean {
  return holder.kind === "run" && holder.host === operator.host && holder.pid !== pid && !isAlive(holder.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, of somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
