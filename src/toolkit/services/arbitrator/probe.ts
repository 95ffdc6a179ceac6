import { PORTS } from "../../../contract/ports.ts";
import { ask, script, type Command } from "../../steps/command.ts";
import { ARBITRATOR_UNIT } from "./names.ts";

/** So long a line of the journal is there. */
const LONG_S = 600;

/**
 * A shell function: whether the arbitrator votes. It runs, is connected with a member, and was last told of a primary
 * component. It has no door to be asked at: its word is in the journal, where the line may be gone when it has run for
 * long. Of one that was just started a link proves nothing: it has it before it is told.
 */
export const ARBITRATOR_SHELL = `
arbitrator_votes() (
  unit=${ARBITRATOR_UNIT} port=${PORTS.galera}
  systemctl is-active --quiet "$unit" || { echo "$unit does not run" >&2; exit 1; }
  links=$(ss -Htn state established "( sport = :$port or dport = :$port )")
  [ -n "$links" ] || { echo "it is connected with no member of the database" >&2; exit 1; }
  run=$(systemctl show --property=InvocationID --value "$unit")
  last=$(journalctl "_SYSTEMD_INVOCATION_ID=$run" --output=cat --quiet --lines=1 --grep='primary = (yes|no)' || true)
  case $last in
    *"primary = yes"*) ;;
    *"primary = no"*) echo "its component is not the primary one" >&2; exit 1 ;;
    *)
      since=$(systemctl show --property=ActiveEnterTimestampMonotonic --value "$unit")
      [ $(($(cut -d . -f 1 /proc/uptime) - since / 1000000)) -gt ${LONG_S} ] ||
        { echo "it was not told of a component yet" >&2; exit 1; }
      ;;
  esac
)`;

export function arbitratorProbe(): Command {
  return ask(script(`${ARBITRATOR_SHELL}\narbitrator_votes`), { timeoutMs: 15_000 });
}
