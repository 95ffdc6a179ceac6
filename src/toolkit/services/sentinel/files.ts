import { PORTS } from "../../../contract/ports.ts";
import { machinesWith } from "../../topology/topology.ts";
import { configCheck } from "../redis/files.ts";
import { PASSWORD_SECRET } from "../redis/names.ts";
import type { FileContext, FileSpec } from "../service.ts";
import { SENTINEL_CONFIG_PATH, SENTINEL_PASSWORD_SECRET, SENTINEL_UNIT } from "./names.ts";
import { sentinelSettings } from "./settings.ts";

export function sentinelFiles(context: FileContext): readonly FileSpec[] {
  return [
    {
      path: SENTINEL_CONFIG_PATH,
      owner: "redis",
      group: "redis",
      mode: "0640",
      content: { kind: "template", template: "sentinel/sentinel.conf.hbs", view: view(context) },
      check: configCheck("redis-sentinel"),
      action: { kind: "restart", unit: SENTINEL_UNIT },
      seedOnly: true,
    },
  ];
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
