/**
 * mailbastion/cluster: a Node program becomes a node of a cluster, with a leader, shared state, locks, limits, balancing
 * and maintenance. docs/reference/cluster-library.md explains every option.
 */
import { pino } from "pino";
import { HEALTH_DEFAULTS } from "../cluster/health-monitor.ts";
import { ClusterMember } from "../node/cluster-member.ts";
import { systemEnv } from "../node/system-env.ts";
import { Cluster } from "./cluster.ts";
import { guardedGate } from "./guarded-gate.ts";
import { memberConfig, type JoinOptions } from "./options.ts";
import { SessionCount } from "./session-count.ts";

export type { ClusterPart } from "../../contract/cluster-status.ts";
export type { BalancingStrategy, ConsistencyLevel, LimitAlgorithm } from "../../contract/cluster-api.ts";
export type { ClusterState, NodeState } from "../../contract/states.ts";
export { NotRecorded } from "../cluster/audit.ts";
export { LevelNotMet, NotProposed, OutcomeUnknown } from "../cluster/consensus.ts";
export { Refused } from "../cluster/replica.ts";
export type { Lease } from "../cluster/lease-keeper.ts";
export type { Cluster, LeaderChange, NodeView } from "./cluster.ts";
export type { HealthCheckOptions, JoinOptions, RegionOptions } from "./options.ts";
export type { RateCheck, RateLimitingOptions } from "./rate-limiting.ts";

/**
 * Makes this program a node of a cluster. Resolves when its log and its ports are open; the cluster itself comes about
 * when the others are there, see whenActive.
 *
 * Throws CLUSTER_OPTIONS and like ClusterMember.start.
 */
export async function joinCluster(options: JoinOptions): Promise<Cluster> {
  const { healthChecks, regions, syncMode, consistencyLevel, log } = options;
  const sessions = new SessionCount();
  const member = await ClusterMember.start({
    node: options.nodeId,
    config: memberConfig(options),
    service: {
      gate: options.sessions ? guardedGate(options.sessions, log) : sessions,
      maxSessions: options.maxSessions ?? 0,
      maxPerPort: options.maxSessions ?? 0,
      endpoints: options.endpoints ?? [],
      isDrained: () => false,
    },
    checks: healthChecks?.checks ?? {},
    health: {
      intervalMs: healthChecks?.checkIntervalMs ?? HEALTH_DEFAULTS.intervalMs,
      timeoutMs: healthChecks?.checkTimeoutMs ?? HEALTH_DEFAULTS.timeoutMs,
      failures: healthChecks?.failureThreshold ?? HEALTH_DEFAULTS.failures,
      successes: healthChecks?.successThreshold ?? HEALTH_DEFAULTS.successes,
    },
    replication: { level: consistencyLevel ?? "quorum", mode: syncMode ?? "synchronous" },
    ...(regions?.crossRegionTimeoutMs !== undefined && {
      replica: { timeoutMs: regions.crossRegionTimeoutMs },
    }),
    env: systemEnv,
    log: log ?? pino({ level: "silent" }),
  });
  return new Cluster(member, options, sessions);
}
