import { machinesWith, type Topology } from "../../topology/topology.ts";

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
    "min-replicas-to-write": String(replicasToWrite(topology)),
    "min-replicas-max-lag": String(Math.max(1, Math.floor(cache.maxReplicaLagMs / 1000))),
    appendfsync: "everysec",
    "repl-diskless-sync-delay": "0",
  };
}

/**
 * How many replicas must follow a master that takes writes: with itself a majority of all caches, so that no two
 * masters have enough at once. 0 where there are no replicas, and of two caches: the one that is left could then take
 * no writes, and to go on with it is what a witness is for.
 */
export function replicasToWrite(topology: Topology): number {
  const caches = machinesWith(topology, "cache").length;
  return caches === 2 ? 0 : Math.floor(caches / 2);
}
