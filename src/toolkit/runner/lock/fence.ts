import { UserError } from "../../../support/errors.ts";
import { script, type Answer, type Command } from "../../steps/command.ts";
import { RUNS } from "./places.ts";

const LOST = 87;
/** Beside the exit code, which a program of the machine may use as well. */
const SAYS = "mailbastion: the lock of this run is not here";

/*
 * The token is looked at while the fence is held, and the fence is held until the command has ended. Whoever takes
 * the lock over waits for that, so at no time do commands of two holders run on a machine. The file descriptor is
 * closed in the command (--close): a daemon that it starts must not hold the fence for ever.
 */
const FENCED = `
home=$1 token=$2
shift 2
if [ -e "$home/fence" ]; then
  exec flock --shared --close "$home/fence" sh -c '
    if [ "$(cat "$1/lock/token" 2> /dev/null)" = "$2" ]; then shift 2; exec "$@"; fi
    echo "${SAYS}" >&2
    exit ${LOST}' sh "$home" "$token" "$@"
fi
echo "${SAYS}" >&2
exit ${LOST}`;

/** The same command, which does nothing on a machine where this token does not hold the lock. */
export function fenced(command: Command, token: string): Command {
  return { ...command, argv: script(FENCED, [RUNS, token, ...command.argv]) };
}

/** Whether a fenced command was refused, and so did nothing. */
export function isFencedOff({ code, stderr }: Answer): boolean {
  return code === LOST && stderr.includes(SAYS);
}

export function lockLost(machine: string): UserError {
  return new UserError(
    "LOCK_LOST",
    `another run has taken the lock of the cluster over (seen on ${machine}); nothing was changed after that`,
    "see what it does with mbctl runs, and what is left of this one with mbctl lock status",
  );
}
