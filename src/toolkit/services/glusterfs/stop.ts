import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";

/**
 * Ends the processes of the volume's brick and of its healing. glusterd leaves them running when it stops. Told to end,
 * a brick says so to its clients, who go on with the others at once instead of waiting for it.
 */
export function stopBricks(volume: string): Command {
  return act(script(`${PROCESSES}\nfor pid in $(processes "$1"); do kill -TERM "$pid"; done`, [volume]));
}

export function areBricksStopped(volume: string): Gate {
  return {
    title: "no process of the volume is left",
    command: ask(script(`${PROCESSES}\n[ -z "$(processes "$1")" ]`, [volume])),
    timeoutMs: 60_000,
    intervalMs: 500,
  };
}

/** By the files in which they wrote themselves down, and only while they are what those say. */
const PROCESSES = `
processes() {
  for file in /run/gluster/vols/"$1"/*.pid /run/gluster/shd/"$1"/*.pid; do
    [ -s "$file" ] || continue
    read -r pid <"$file" || true
    case $(cat "/proc/$pid/comm" 2>/dev/null) in glusterfs*) echo "$pid" ;; esac
  done
}`;
