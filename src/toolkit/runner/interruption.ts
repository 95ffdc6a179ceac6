import { UserError } from "../../support/errors.ts";

/** Whether somebody wants the run to end. */
export interface Interruption {
  /** Throws INTERRUPTED when so; asked before each step, never within one. */
  check(): void;
}

export const neverInterrupted: Interruption = { check: () => undefined };

/** A terminal that is closed and a service manager are heard like Ctrl-C. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ctrl-C: the first lets the steps that run come to their end and starts no other; the second ends the process at
 * once. `say` is told so.
 */
export function onSignal(say: (line: string) => void): Interruption & { readonly release: () => void } {
  let isWanted = false;
  const listen = () => {
    if (isWanted) process.exit(130);
    isWanted = true;
    say("finishing the steps that run; Ctrl-C again stops at once");
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  return {
    check: () => {
      if (isWanted)
        throw new UserError(
          "INTERRUPTED",
          "stopped after the steps that were running",
          "run the command again: it goes on with what is left",
        );
    },
    release: () => {
      for (const signal of SIGNALS) process.off(signal, listen);
    },
  };
}
