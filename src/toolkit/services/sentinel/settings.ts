import type { Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";

/**
 * What the Sentinels hold about the master that may change in the life of a cluster, as SENTINEL MASTER prints
 * it and SENTINEL SET takes it. The quorum is a majority: it only finds a master down, but fewer would let a
 * Sentinel that was cut off begin the vote.
 */
export function sentinelSettings(topology: Topology): Readonly<Record<string, string>> {
  const { downAfterMs, failoverTimeoutMs } = topology.cache;
  return {
    quorum: String(Math.floor(votersIn(topology, "cache").length / 2) + 1),
    "down-after-milliseconds": String(downAfterMs),
    "failover-timeout": String(failoverTimeoutMs),
    "parallel-syncs": "1",
  };
}
