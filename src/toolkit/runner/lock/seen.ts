import type { Transport } from "../../ssh/transport.ts";
import { showLockCommand } from "./commands.ts";
import { parseLock, type LockOnMachine } from "./holder.ts";

/** A lock, and a machine that bears it. */
export interface LockSeen {
  readonly machine: string;
  readonly lock: LockOnMachine;
}

/** The lock that a machine bears now; undefined where it is free. Throws where the machine does not answer. */
export async function lockOn(machine: string, transport: Transport): Promise<LockOnMachine | undefined> {
  return parseLock((await transport.run(machine, showLockCommand())).stdout);
}

/** The locks that these machines bear now. A machine that does not answer is left out. */
export async function locksOn(
  machines: readonly string[],
  transport: Transport,
): Promise<readonly LockSeen[]> {
  const found = await Promise.all(
    machines.map(async (machine) => {
      const lock = await lockOn(machine, transport).catch(() => undefined);
      return lock ? [{ machine, lock }] : [];
    }),
  );
  return found.flat();
}
