import { replicasToWrite } from "../../services/redis/settings.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";

/*
 * Between two caches and four the replicas that are there are fewer than four caches ask for, by Redis's own setting and
 * by the balancers' check. Neither may ask for fewer meanwhile: two masters could have enough at once.
 */

/** Says when the cache rests while machines join; nothing where it goes on. */
export function cacheRestsUntilJoined(present: Topology, topology: Topology): readonly string[] {
  const replicas = machinesWith(present, "cache").length - 1;
  if (replicas >= replicasToWrite(topology)) return [];
  return [
    `no client gets to the cache from when the balancers have their new files until the new caches follow its master: ${wants(topology)}, and until then it has ${replicas}`,
  ];
}

/**
 * Says when the cache rests after machines have left; nothing where it goes on.
 *
 * @param leaving in the order in which they are stopped
 */
export function cacheRestsAfter(topology: Topology, leaving: readonly Machine[]): readonly string[] {
  const spare = machinesWith(topology, "cache").length - 1 - replicasToWrite(topology);
  const last = leaving.filter(({ roles }) => roles.includes("cache"))[spare];
  if (!last) return [];
  return [
    `the cache takes no writes, and no client gets to it, from when ${last.name} is stopped until mbctl apply has run with the description that is left: before that ${wants(topology)}`,
  ];
}

function wants(topology: Topology): string {
  return `of ${machinesWith(topology, "cache").length} caches a master needs ${replicasToWrite(topology)} replicas`;
}
