import { randomBytes } from "node:crypto";
import { UserError } from "../../../support/errors.ts";
import { throwAny } from "../../../support/failures.ts";
import { isPassing } from "../../ssh/errors.ts";
import type { RunSettings } from "../attempt.ts";
import { ClusterLock } from "./cluster-lock.ts";
import { releaseCommand } from "./commands.ts";
import { describeHolder, type LockOnMachine } from "./holder.ts";
import { lockOn } from "./seen.ts";

/** The machines of a cluster, in its order. */
interface Cluster {
  readonly machines: readonly { readonly name: string }[];
}

/** Takes the lock for a person, until they give it back. Resolves to where it is held; throws like a run's. */
export async function holdByHand(
  { machines }: Cluster,
  message: string,
  settings: RunSettings,
): Promise<readonly string[]> {
  const { operator, pid, env } = settings;
  const lock = await ClusterLock.acquire({
    ...settings,
    machines: machines.map(({ name }) => name),
    holder: {
      kind: "manual",
      run: "by-hand",
      command: "mbctl lock acquire",
      ...operator,
      pid,
      at: env.now(),
      message,
    },
    token: `by-hand.${randomBytes(6).toString("hex")}`,
    waitMs: settings.lockWaitMs,
    isDead: () => false,
  });
  return lock.leave();
}

/**
 * Gives back a lock that was taken by hand by the same person; with `force` any. Resolves to where there was one; a machine
 * that does not answer is told of. Throws LOCK_NOT_OURS, and what the transport throws where none answers.
 */
export async function releaseByHand(
  { machines }: Cluster,
  force: boolean,
  settings: RunSettings,
): Promise<readonly string[]> {
  const { transport, operator } = settings;
  const silent: Error[] = [];
  const found = await Promise.all(
    machines.map(async ({ name }) => {
      try {
        return { name, lock: await lockOn(name, transport) };
      } catch (error) {
        if (!isPassing(error)) throw error;
        silent.push(error as Error);
        return { name, lock: undefined };
      }
    }),
  );
  if (silent.length === machines.length) throwAny(silent);
  for (const { message } of silent) settings.say(`${message}; a lock that it bears stays there`);
  const held = found.filter((one): one is { name: string; lock: LockOnMachine } => one.lock !== undefined);
  const other = held.find(
    ({ lock: { holder } }) =>
      holder.kind !== "manual" || holder.user !== operator.user || holder.host !== operator.host,
  );
  if (other && !force) throw notOurs(other.name, other.lock);
  await Promise.all(held.map(({ name, lock }) => transport.run(name, releaseCommand(lock.token))));
  return held.map(({ name }) => name);
}

function notOurs(machine: string, lock: LockOnMachine): UserError {
  return new UserError(
    "LOCK_NOT_OURS",
    `the lock was not taken by you by hand (seen on ${machine}): ${describeHolder(lock)}`,
    "ask them; when it is known to be dead: mbctl lock release --force",
  );
}
