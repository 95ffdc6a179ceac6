import { PORTS } from "../../../contract/ports.ts";
import { script } from "../../steps/command.ts";
import { machinesWith } from "../../topology/topology.ts";
import { STAGED, type FileCheck, type FileContext, type FileSpec } from "../service.ts";
import { dropInCheck } from "../unit-check.ts";
import { CONFIG_PATH, PASSWORD_SECRET, SERVER_UNIT } from "./names.ts";
import { redisSettings } from "./settings.ts";

export function redisFiles(context: FileContext): readonly FileSpec[] {
  return [
    {
      path: CONFIG_PATH,
      owner: "redis",
      group: "redis",
      mode: "0640",
      content: { kind: "template", template: "redis/redis.conf.hbs", view: view(context) },
      check: configCheck("redis-server"),
      action: { kind: "restart", unit: SERVER_UNIT },
      seedOnly: true,
    },
    {
      path: `/etc/systemd/system/${SERVER_UNIT}.d/mailbastion.conf`,
      owner: "root",
      group: "root",
      mode: "0644",
      content: { kind: "template", template: "redis/unit-drop-in.conf.hbs", view: {} },
      check: dropInCheck(SERVER_UNIT),
      action: { kind: "none" },
    },
  ];
}

function view(context: FileContext): Readonly<Record<string, unknown>> {
  const { topology, machine } = context;
  const [first] = machinesWith(topology, "cache");
  const settings = redisSettings(topology);
  return {
    address: machine.address,
    port: PORTS.cache,
    password: context.secret(PASSWORD_SECRET),
    master: first && first.name !== machine.name ? first.address : null,
    appendFsync: settings["appendfsync"],
    maxMemoryBytes: settings["maxmemory"],
    maxMemoryPolicy: settings["maxmemory-policy"],
    minReplicasToWrite: settings["min-replicas-to-write"],
    minReplicasMaxLag: settings["min-replicas-max-lag"],
    disklessSyncDelay: settings["repl-diskless-sync-delay"],
  };
}

/**
 * Neither program has a test mode. Started without any port both read the whole file, find a fault in it first,
 * and otherwise end at once because there is nothing to listen on: that sentence is the proof. Sentinel wants
 * to write to its file, so both get a copy.
 */
export function configCheck(program: "redis-server" | "redis-sentinel"): FileCheck {
  return { kind: "command", argv: script(CHECK, [STAGED, program]) };
}

const CHECK = `
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$1" "$folder/conf"
said=$(timeout 10 "$2" "$folder/conf" --port 0 --daemonize no --logfile "" 2>&1) || true
case $said in
  *"Configured to not listen anywhere"*) ;;
  *) echo "$said" >&2; exit 1 ;;
esac`;
