import type { Transport } from "../../ssh/transport.ts";
import { showLockCommand } from "./commands.ts";
import { parseLock, type LockOnMachine } from "./holder.ts";

/** A lock, and a machine that bears it. */
export interface LockSeen {
  readonly machine: string;
  readonly lock: LockOnMachine;
}

/** The locks that these machines bear now. A machine that does not answer is left out. */
export async function locksOn(
  machines: readonly string[],
  transport: Transport,
): Promise<readonly LockSeen[]> {
  const found = await Promise.all(
    machines.map(async (machine) => {
      const lock = await transport.run(machine, showLockCommand()).then(
        ({ stdout }) => parseLock(stdout),
        () => undefined,
      );
      return lock ? [{ machine, lock }] : [];
    }),
  );
  return found.flat();
}
