import type { Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import { replicasToWrite } from "../redis/settings.ts";

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
    // As many as a new master needs before it takes writes.
    "parallel-syncs": String(Math.max(1, replicasToWrite(topology))),
  };
}

/**
 * What SENTINEL DEBUG sets, in milliseconds. No file keeps it: it is set at each start of a Sentinel.
 *
 * - `ping-period`: the silence of a master is counted from the first ping that it did not answer, so that a loss of
 *   power is found this much later at worst. Sentinel's own second would be too much, and much less than this
 *   is refused by its other use: while the master is down, a replica is chosen only if its last answers to PING
 *   and INFO are not older than five such periods, and without one the next try comes 2 * failover-timeout later.
 * - `info-period`: during a failover a replica is asked for INFO, which shows that it has become the master, a second
 *   after the last time, whatever is set here. With Sentinel's own 10 s that last time is the beginning of the
 *   failover, just before the replica is promoted; with this it lies before, and the next comes sooner.
 */
export const SENTINEL_TIMES: Readonly<Record<string, string>> = {
  "ping-period": "300",
  "info-period": "500",
};
