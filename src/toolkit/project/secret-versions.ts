import { services } from "../services/registry.ts";
import { secretRequests } from "../services/secret-requests.ts";
import type { ClusterSpec } from "../spec/schema.ts";
import { resolve } from "../topology/resolve.ts";
import { readVersions } from "../vault/versions.ts";

/**
 * The version that every secret of a cluster has, or will have once apply makes it: `versionOf` of the constructs.
 *
 * Needs no key, and the vault only if there is one. `project` is the folder of the description. Throws
 * VERSIONS_DAMAGED.
 */
export function secretVersions(project: string, cluster: ClusterSpec): Promise<(name: string) => string> {
  const topology = resolve(cluster);
  const requests = secretRequests(topology, services);
  return readVersions(project, cluster.name, requests, { now: () => Date.now() });
}
