import { PORTS } from "../../../contract/ports.ts";
import { script } from "../../steps/command.ts";
import { machinesWith } from "../../topology/topology.ts";
import { arbitratorOptions } from "../galera/view.ts";
import { STAGED, type FileCheck, type FileContext, type FileSpec } from "../service.ts";
import { dropInCheck } from "../unit-check.ts";
import { ARBITRATOR_UNIT, CONFIG_PATH, WORK_DIRECTORY } from "./names.ts";

export function arbitratorFiles({ topology, machine }: FileContext): readonly FileSpec[] {
  const root = { owner: "root", group: "root", mode: "0644" } as const;
  const members = machinesWith(topology, "database").map(({ address }) => `${address}:${PORTS.galera}`);
  return [
    {
      ...root,
      path: CONFIG_PATH,
      content: {
        kind: "template",
        template: "arbitrator/garb.hbs",
        view: {
          nodes: members.join(","),
          group: topology.cluster,
          options: arbitratorOptions(topology, machine),
          workDirectory: WORK_DIRECTORY,
        },
      },
      check: SETTINGS_CHECK,
      action: { kind: "restart", unit: ARBITRATOR_UNIT },
    },
    {
      ...root,
      path: `/etc/systemd/system/${ARBITRATOR_UNIT}.d/mailbastion.conf`,
      content: {
        kind: "template",
        template: "arbitrator/garb.service.conf.hbs",
        view: { directory: WORK_DIRECTORY.slice("/var/lib/".length) },
      },
      check: dropInCheck(ARBITRATOR_UNIT),
      action: { kind: "restart", unit: ARBITRATOR_UNIT },
    },
  ];
}

/**
 * garbd has no test mode. It reads all of its options before it looks for the group: started beside the running one, at
 * a port of its own on loopback, it must come as far as to find nobody there. That sentence is the proof.
 */
const SETTINGS_CHECK: FileCheck = {
  kind: "command",
  argv: script(
    `
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$1"
for value in "\${GALERA_NODES-}" "\${GALERA_GROUP-}" "\${WORK_DIR-}"; do
  [ -n "$value" ] || { echo "members, group or work directory are missing" >&2; exit 1; }
done
elsewhere="gmcast.listen_addr=tcp://127.0.0.1:0;pc.wait_prim_timeout=PT0.1S;pc.announce_timeout=PT0.1S"
said=$(timeout 20 garbd --address gcomm://127.0.0.1:1 --group "$GALERA_GROUP" --workdir "$folder" \\
  --options "\${GALERA_OPTIONS-};$elsewhere" 2>&1) || true
case $said in
  *"failed to reach primary view"*) ;;
  *) printf '%s\\n' "$said" | grep -E 'ERROR|FATAL' >&2 || printf '%s\\n' "$said" >&2; exit 1 ;;
esac`,
    [STAGED],
  ),
};
