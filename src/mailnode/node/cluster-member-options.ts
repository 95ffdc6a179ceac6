import type { Logger } from "pino";
import type { ClusterConfig } from "../../contract/cluster-config.ts";
import type { Env } from "../../support/env.ts";
import type { Balancing } from "../cluster/balancing.ts";
import type { HealthCheck, HealthOptions } from "../cluster/health-monitor.ts";
import type { SessionGate } from "../cluster/maintenance.ts";
import type { ReplicaOptions } from "../cluster/replica.ts";
import type { ReplicationOptions } from "../cluster/replicated-state.ts";

/** The configuration's section, with ports that may be 0: any free one, for nodes that find each other by gossip. */
export type MemberConfig = Omit<ClusterConfig, "agentCheck"> &
  Partial<Pick<Required<ClusterConfig>, "agentCheck">>;

/** What the node does besides being a member: the service that drains and is balanced. */
export interface MemberService {
  readonly gate: SessionGate;
  /** Sessions that it takes at once; 0: as many as come. */
  readonly maxSessions: number;
  /** Connections that a balancer may have open to one of its ports at once; 0: as many as come. */
  readonly maxPerPort: number;
  /** Where it listens, "10.0.0.1:25". */
  readonly endpoints: readonly string[];
  /** Whether something on the machine itself, a drain mark, keeps it closed. */
  isDrained(): boolean;
}

export interface ClusterMemberOptions {
  /** The machine's name. */
  readonly node: string;
  readonly config: MemberConfig;
  readonly service: MemberService;
  /** The node's own checks; while one fails by the thresholds the node counts as failed. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly health?: HealthOptions;
  readonly balancing?: Balancing;
  readonly replication?: ReplicationOptions;
  readonly replica?: Partial<ReplicaOptions>;
  readonly env: Env;
  readonly log: Logger;
}
