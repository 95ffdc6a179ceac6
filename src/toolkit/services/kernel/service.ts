import { act, ask, script } from "../../steps/command.ts";
import type { FileContext, FileSpec, Service } from "../service.ts";
import { STAGED } from "../service.ts";
import { sysctlsFor } from "./sysctls.ts";

const PATH = "/etc/sysctl.d/60-mailbastion.conf";

/*
 * Goes through the settings of a file, without its comments. A name that the kernel does not know ends it: sysctl
 * itself would go on, and at boot nobody reads what it says.
 */
const EACH_SETTING = `each_setting() {
  grep -v -e '^#' -e '^$' "$1" | while read -r name equals value; do
    file=/proc/sys/$(printf '%s' "$name" | tr . /)
    test "$equals" = = && test -n "$value" && test -e "$file" || { echo "$name is no setting of this kernel, or has no value" >&2; exit 1; }
    "$2"
  done
}`;

const CHECK = `${EACH_SETTING}
each_setting "$1" true`;

/* Only what differs is written: in a container the values are there already, and /proc/sys is read-only. */
const SET = `${EACH_SETTING}
set_one() { test "$(cat "$file")" = "$value" || printf '%s\\n' "$value" >"$file"; }
each_setting "$1" set_one`;

const COMPARE = `${EACH_SETTING}
compare() { test "$(cat "$file")" = "$value" || { echo "$name is $(cat "$file"), not $value" >&2; exit 1; }; }
each_setting "$1" compare`;

/** Kernel settings that the other services rely on. systemd-sysctl sets them at boot. */
export const kernel: Service = {
  name: "kernel",
  runsOn: () => true,
  packages: () => [],
  users: () => [],
  listens: () => [],
  secrets: () => [],
  files: (context) => [sysctlFile(context)],
  units: () => [],
  probe: () => ask(script(COMPARE, [PATH])),
  form: () => [],
};

function sysctlFile({ topology, machine }: FileContext): FileSpec {
  const settings = Object.entries(sysctlsFor(topology, machine)).map(([name, value]) => ({ name, value }));
  return {
    path: PATH,
    owner: "root",
    group: "root",
    mode: "0644",
    content: { kind: "template", template: "kernel/sysctl.conf.hbs", view: { settings } },
    check: { kind: "command", argv: script(CHECK, [STAGED]) },
    action: { kind: "run", command: act(script(SET, [PATH])) },
  };
}
