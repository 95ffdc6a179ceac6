import type { Logger } from "pino";
import type { SessionGate } from "../cluster/maintenance.ts";
import { guarded, sayFailed } from "./guarded.ts";

const nothing = (): void => undefined;

/**
 * A program's own count of its sessions, of which no mistake reaches the cluster. While it cannot count, what it counted
 * last holds: a drain waits for those, and ends them when its time is over.
 */
export function guardedGate(gate: SessionGate, log: Logger | undefined): SessionGate {
  let counted = 0;
  return {
    count: guarded(
      log,
      () => (counted = gate.count()),
      () => counted,
    ),
    close: guarded(log, () => gate.close(), nothing),
    open: guarded(log, () => gate.open(), nothing),
    endAll: async (signal) => {
      try {
        await gate.endAll(signal);
      } catch (error) {
        // Called off, it may well throw.
        if (!signal.aborted) sayFailed(log, error);
      }
    },
  };
}
