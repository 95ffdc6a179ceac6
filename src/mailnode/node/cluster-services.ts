import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { Env } from "../../support/env.ts";
import { Affinity } from "../cluster/affinity.ts";
import { Audit } from "../cluster/audit.ts";
import { ConfigDistribution } from "../cluster/config-distribution.ts";
import { LeaseKeeper } from "../cluster/lease-keeper.ts";
import { Maintenance, type SessionGate } from "../cluster/maintenance.ts";
import { RateLimits } from "../cluster/rate-limits.ts";
import { Registry } from "../cluster/registry.ts";
import type { Replica } from "../cluster/replica.ts";
import { ReplicatedState, type ReplicationOptions } from "../cluster/replicated-state.ts";
import { Roles } from "../cluster/roles.ts";
import type { RunningCluster } from "../cluster/running-cluster.ts";

export type ClusterServices = Pick<
  RunningCluster,
  | "replica"
  | "state"
  | "registry"
  | "maintenance"
  | "configuration"
  | "limits"
  | "leases"
  | "affinity"
  | "roles"
  | "audit"
>;

/** All that stands on the replicated state. */
export function clusterServices(
  replica: Replica,
  gate: SessionGate,
  env: Env,
  options: {
    readonly failureDetectionMs: number;
    readonly replication?: ReplicationOptions;
    readonly log: Logger;
  },
): ClusterServices {
  const registry = new Registry(replica, env, options.failureDetectionMs);
  const serving = (): readonly string[] => registry.serving();
  return {
    replica,
    state: new ReplicatedState(replica, options.replication),
    registry,
    maintenance: new Maintenance(replica, gate, env, serving),
    configuration: new ConfigDistribution(replica, (name, version, error) => {
      options.log.error(
        { document: name, version, err: error },
        "a configuration document was not taken over",
      );
    }),
    limits: new RateLimits(replica, env),
    leases: new LeaseKeeper(replica, env),
    affinity: new Affinity(replica, serving),
    roles: new Roles(replica, randomBytes),
    audit: new Audit(replica),
  };
}
