import { Duration } from "../../../support/duration.ts";
import type { RunbookOption } from "./runbooks.ts";

/** How the sessions of a machine are treated that is drained for some work. */
export const sessionOptions: readonly RunbookOption[] = [
  { flags: "--reason <text>", description: "why, for whoever finds the machine drained" },
  { flags: "--timeout <time>", description: 'how long mail sessions may take to end (default: "15m")' },
  {
    flags: "--end-sessions",
    description: "end what is left after that time, instead of putting the machine back",
  },
];

/** The arguments of a runbook that these options stand for. Throws DURATION_UNREADABLE. */
export function readSessionOptions(
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { reason, timeout, endSessions } = options;
  return {
    ...(reason !== undefined && { reason }),
    ...(timeout !== undefined && { timeoutMs: Duration.parse(timeout as string).ms }),
    ...(endSessions !== undefined && { endSessions }),
  };
}
