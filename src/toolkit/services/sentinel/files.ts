import { PORTS } from "../../../contract/ports.ts";
import { machinesWith } from "../../topology/topology.ts";
import { configCheck } from "../redis/files.ts";
import { PASSWORD_SECRET, PRESENT_PASSWORD } from "../redis/names.ts";
import type { FileContext, FileSpec } from "../service.ts";
import { dropInCheck, shellCheck } from "../unit-check.ts";
import {
  SENTINEL_CONFIG_PATH,
  SENTINEL_PASSWORD_SECRET,
  SENTINEL_TIMES_SCRIPT,
  SENTINEL_UNIT,
} from "./names.ts";
import { SENTINEL_TIMES, sentinelSettings } from "./settings.ts";

export function sentinelFiles(context: FileContext): readonly FileSpec[] {
  return [config(context), timesScript(), dropIn(context)];
}

function config(context: FileContext): FileSpec {
  return {
    path: SENTINEL_CONFIG_PATH,
    owner: "redis",
    group: "redis",
    mode: "0640",
    content: { kind: "template", template: "sentinel/sentinel.conf.hbs", view: view(context) },
    check: configCheck("redis-sentinel"),
    action: { kind: "restart", unit: SENTINEL_UNIT },
    seedOnly: true,
  };
}

function timesScript(): FileSpec {
  return {
    path: SENTINEL_TIMES_SCRIPT,
    owner: "root",
    group: "root",
    mode: "0644",
    content: {
      kind: "template",
      template: "sentinel/sentinel-times.sh.hbs",
      view: { presentPassword: PRESENT_PASSWORD.trim() },
    },
    check: shellCheck(),
    action: { kind: "none" },
    addressed: true,
  };
}

function dropIn(context: FileContext): FileSpec {
  const times = Object.entries(SENTINEL_TIMES).flat();
  const args = [SENTINEL_CONFIG_PATH, context.machine.address, String(PORTS.sentinel), ...times];
  return {
    path: `/etc/systemd/system/${SENTINEL_UNIT}.d/mailbastion.conf`,
    owner: "root",
    group: "root",
    mode: "0644",
    content: {
      kind: "template",
      template: "sentinel/unit-drop-in.conf.hbs",
      view: { script: context.addressed(SENTINEL_TIMES_SCRIPT), arguments: args.join(" ") },
    },
    check: dropInCheck(SENTINEL_UNIT),
    // It counts at the next start; the Sentinel that runs is set when the Sentinels are made to agree.
    action: { kind: "none" },
  };
}

function view(context: FileContext): Readonly<Record<string, unknown>> {
  const { topology, machine } = context;
  const [first] = machinesWith(topology, "cache");
  const settings = sentinelSettings(topology);
  return {
    address: machine.address,
    port: PORTS.sentinel,
    sentinelPassword: context.secret(SENTINEL_PASSWORD_SECRET),
    password: context.secret(PASSWORD_SECRET),
    masterName: topology.cache.masterName,
    master: first!.address,
    masterPort: PORTS.cache,
    quorum: settings["quorum"],
    downAfterMs: settings["down-after-milliseconds"],
    failoverTimeoutMs: settings["failover-timeout"],
    parallelSyncs: settings["parallel-syncs"],
  };
}
