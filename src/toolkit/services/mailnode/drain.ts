import { STATUS_EXIT } from "../../../contract/node-status.ts";
import { ask, script } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import { ONLY_IF_IT_RUNS, PATHS } from "./names.ts";

/**
 * The node's own word that it takes no new mail because of the mark. It looks once a second. One that does not run takes
 * none either, and sees the mark when it starts.
 */
export function isNodeDrained(): Gate {
  return {
    title: "the mail node says that it is drained",
    command: ask(script(`${ONLY_IF_IT_RUNS}${ENDS_WITH}`, [PATHS.program, String(STATUS_EXIT.drained)]), {
      timeoutMs: 30_000,
    }),
    timeoutMs: 30_000,
    intervalMs: 500,
  };
}

/** The node's own word that it takes mail. */
export function isNodeReady(): Gate {
  return {
    title: "the mail node says that it takes mail",
    command: ask(script(ENDS_WITH, [PATHS.program, "0"]), { timeoutMs: 30_000 }),
    timeoutMs: 60_000,
    intervalMs: 500,
  };
}

const ENDS_WITH = `
code=0
"$1" status --ready || code=$?
[ "$code" -eq "$2" ]`;
