import { PORTS } from "../../../contract/ports.ts";
import { voterRoles, votesIn } from "../../topology/voters.ts";
import type { Service } from "../service.ts";
import { sentinelFiles } from "./files.ts";
import { formSentinelPhase } from "./form-sentinel.ts";
import { SENTINEL_CONFIG_PATH, SENTINEL_PASSWORD_SECRET, SENTINEL_UNIT } from "./names.ts";
import { sentinelProbe } from "./probe.ts";

/** Of a Sentinel that has begun: it writes an id of its own into the file, and one that has none takes the file as it is. */
const PRESENT_MASTER_NAME = `
[ -r ${SENTINEL_CONFIG_PATH} ] || exit 0
awk '/mailbastion: made from/ { ours = 1 }
  $1 == "sentinel" && $2 == "monitor" { name = $3 }
  $1 == "sentinel" && $2 == "myid" { begun = 1 }
  END { if (ours && begun) print name }' ${SENTINEL_CONFIG_PATH}`;

/** Sentinel on every cache machine, and on a witness: finds the master down, agrees with the others, and makes a replica the master. */
export const sentinel: Service = {
  name: "sentinel",
  runsOn: (topology, machine) => votesIn(topology, machine, "cache"),
  packages: () => ["redis-sentinel"],
  users: () => [],
  listens: (topology) => [
    {
      port: PORTS.sentinel,
      protocol: "tcp",
      on: "machine",
      from: voterRoles(topology, "cache"),
      program: "redis-sentinel",
    },
    { port: PORTS.sentinel, protocol: "tcp", on: "loopback", from: "self", program: "redis-sentinel" },
  ],
  // The cache's own password is requested by redis, which runs on machines of the same cluster.
  secrets: () => [{ kind: "password", name: SENTINEL_PASSWORD_SECRET, length: 32 }],
  files: sentinelFiles,
  units: () => [{ name: SENTINEL_UNIT, state: "running", enabled: true }],
  probe: sentinelProbe,
  form: (context) => [formSentinelPhase(context)],
  fixed: ({ cache }) => [
    {
      path: "cache.masterName",
      value: cache.masterName,
      present: PRESENT_MASTER_NAME,
      rule: "a Sentinel keeps the name with which it began",
      remedy: "write the earlier one back",
    },
  ],
  departure: { file: SENTINEL_CONFIG_PATH, by: "refusal" },
};
