import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { PORTS } from "../../../contract/ports.ts";
import { script } from "../../steps/command.ts";
import { STAGED, type Action, type FileCheck, type FileContext, type FileSpec } from "../service.ts";
import { dropInCheck, shellCheck, unitCheck } from "../unit-check.ts";
import { CHECK_SOCKET_UNIT, CHECK_USER, CONFIG_PATH, LEFT_OUT_FILE, SERVER_UNIT } from "./names.ts";
import { configView } from "./view.ts";

const SCRIPT = "/usr/local/lib/mailbastion/database-check.sh";

export function galeraFiles(context: FileContext): readonly FileSpec[] {
  const { topology, machine } = context;
  return [
    file({
      path: CONFIG_PATH,
      template: "60-mailbastion.cnf.hbs",
      view: configView(topology, machine),
      check: CONFIG_CHECK,
      action: { kind: "restart", unit: SERVER_UNIT },
    }),
    file({
      path: `/etc/systemd/system/${SERVER_UNIT}.d/mailbastion.conf`,
      template: "mariadb.service.conf.hbs",
      view: { leftOut: LEFT_OUT_FILE },
      check: dropInCheck(SERVER_UNIT),
      action: NOTHING,
    }),
    {
      ...file({
        path: SCRIPT,
        template: "database-check.sh.hbs",
        view: { drained: DRAIN_MARKS.drained },
        check: shellCheck(),
        action: NOTHING,
      }),
      addressed: true,
    },
    file({
      path: `/etc/systemd/system/${CHECK_SOCKET_UNIT}`,
      template: `${CHECK_SOCKET_UNIT}.hbs`,
      view: { address: machine.address, port: PORTS.databaseCheck },
      check: unitCheck(),
      action: { kind: "restart", unit: CHECK_SOCKET_UNIT },
    }),
    file({
      path: "/etc/systemd/system/mailbastion-database-check@.service",
      template: "mailbastion-database-check@.service.hbs",
      view: { script: context.addressed(SCRIPT), user: CHECK_USER },
      check: unitCheck(),
      action: NOTHING,
    }),
  ];
}

/** systemd reads changed units again in any case; these need no more: they count from the next start. */
const NOTHING: Action = { kind: "none" };

/**
 * The exit code alone says too little: a value that InnoDB cannot read disables InnoDB, and the program still
 * ends with 0. Every such case is logged as an error.
 */
const CONFIG_CHECK: FileCheck = {
  kind: "command",
  argv: script(
    `
said=$(mariadbd --defaults-file="$1" --verbose --help 2>&1 >/dev/null) || { echo "$said" >&2; exit 1; }
case $said in *"[ERROR]"*) echo "$said" >&2; exit 1 ;; esac`,
    [STAGED],
  ),
};

interface Generated {
  readonly path: string;
  readonly template: string;
  readonly view: Readonly<Record<string, unknown>>;
  readonly check: FileCheck;
  readonly action: Action;
}

function file({ path, template, view, check, action }: Generated): FileSpec {
  const content = { kind: "template", template: `galera/${template}`, view } as const;
  return { path, owner: "root", group: "root", mode: "0644", content, check, action };
}
