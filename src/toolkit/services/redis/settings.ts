import { machinesWith, type Topology } from "../../topology/topology.ts";

/**
 * Whether a master takes writes only while a replica follows it, so that one that was cut off stops by itself. Of two
 * caches the one that is left could then take none, and to go on with it is what a witness is for.
 */
export function needsReplica(topology: Topology): boolean {
  return machinesWith(topology, "cache").length > 2;
}

/**
 * The settings that may change in the life of a cluster, by Redis's own names and as CONFIG GET prints them.
 *
 * The file is seeded with them and the running server is compared with them.
 */
export function redisSettings(topology: Topology): Readonly<Record<string, string>> {
  const { cache } = topology;
  return {
    maxmemory: String(cache.maxMemoryBytes),
    // Sessions have a time to live; keys without one, which somebody counts on, are never thrown away.
    "maxmemory-policy": "volatile-lru",
    "min-replicas-to-write": needsReplica(topology) ? "1" : "0",
    "min-replicas-max-lag": String(Math.max(1, Math.floor(cache.maxReplicaLagMs / 1000))),
    appendfsync: "everysec",
    "repl-diskless-sync-delay": "0",
  };
}
