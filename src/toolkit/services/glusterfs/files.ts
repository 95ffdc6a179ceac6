import { PORTS } from "../../../contract/ports.ts";
import { script } from "../../steps/command.ts";
import { STAGED, type FileCheck, type FileContext, type FileSpec } from "../service.ts";
import { dropInCheck } from "../unit-check.ts";
import { CONFIG_PATH, GLUSTERD_UNIT, LAST_BRICK_PORT } from "./names.ts";

export function glusterFiles({ machine }: FileContext): readonly FileSpec[] {
  const view = {
    address: machine.address,
    port: PORTS.glusterd,
    firstBrickPort: PORTS.glusterBricks,
    lastBrickPort: LAST_BRICK_PORT,
  };
  const root = { owner: "root", group: "root", mode: "0644" } as const;
  return [
    {
      ...root,
      path: CONFIG_PATH,
      content: { kind: "template", template: "glusterfs/glusterd.vol.hbs", view },
      check: VOLUME_FILE_CHECK,
      action: { kind: "restart", unit: GLUSTERD_UNIT },
    },
    {
      ...root,
      path: `/etc/systemd/system/${GLUSTERD_UNIT}.d/mailbastion.conf`,
      content: { kind: "template", template: "glusterfs/glusterd.service.conf.hbs", view: {} },
      check: dropInCheck(GLUSTERD_UNIT),
      action: { kind: "none" },
    },
  ];
}

/**
 * glusterd has no test mode, and starting a second one would take the first one's sockets. So its program reads
 * the file with a volume behind it whose translator there is not: when that is its first complaint, all before
 * it was right, and nothing was started. Misspelt options are not found this way; glusterd itself ignores them.
 */
const VOLUME_FILE_CHECK: FileCheck = {
  kind: "command",
  argv: script(
    `
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{ cat "$1"; printf 'volume end\\n    type check/end\\nend-volume\\n'; } >"$folder/volume"
timeout 20 glusterfsd --no-daemon --volfile="$folder/volume" --log-file="$folder/log" || true
case $(grep -m 1 ' E \\[' "$folder/log") in
  *"'check/end' is not valid"*) ;;
  *) cat "$folder/log" >&2; exit 1 ;;
esac`,
    [STAGED],
  ),
};
