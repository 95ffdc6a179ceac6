import { ask, script, type Command } from "./command.ts";
import type { Gate } from "./step.ts";

/**
 * A gate as one command, for what is taken back, where nobody waits between the commands: asks each second until it holds,
 * and fails with its last word when its time is over.
 */
export function waitFor({ command, timeoutMs }: Gate): Command {
  const seconds = String(Math.ceil(timeoutMs / 1000));
  return ask(script(WAIT, [seconds, ...command.argv]), { timeoutMs: timeoutMs + 60_000 });
}

const WAIT = `
left=$1
shift
until said=$("$@" 2>&1); do
  left=$((left - 1))
  [ "$left" -gt 0 ] || { printf '%s\\n' "$said" >&2; exit 1; }
  sleep 1
done`;
