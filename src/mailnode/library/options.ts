import { resolve } from "node:path";
import type { Logger } from "pino";
import { clusterConfigSchema } from "../../contract/cluster-config.ts";
import { clusterFaults } from "../../contract/cluster-faults.ts";
import { machineName } from "../../contract/config-fields.ts";
import type { ConsistencyLevel } from "../../contract/cluster-api.ts";
import { PORTS } from "../../contract/ports.ts";
import { UserError } from "../../support/errors.ts";
import type { HealthCheck } from "../cluster/health-monitor.ts";
import type { SessionGate } from "../cluster/maintenance.ts";
import type { MemberConfig } from "../node/cluster-member-options.ts";

/** What a program says to become a member of a cluster. Times are milliseconds. */
export interface JoinOptions {
  /** The node's name: letters, digits and hyphens. Its certificate must be for it. */
  readonly nodeId: string;
  /** The nodes that found the cluster together, the first of them by deciding when. The same list on all. */
  readonly founders: readonly string[];
  /** Where the log and its snapshots lie; made when it is not there. */
  readonly directory: string;
  /** Files; encryption is always on. Key and chain of this node, the authority of all, and the gossip keys. */
  readonly security: { readonly pem: string; readonly authority: string; readonly gossipKeys: string };
  /** Members of another cluster are not heard. Default "mailbastion". */
  readonly cluster?: string;
  /** The node's address in the network of the cluster. Default "127.0.0.1". */
  readonly address?: string;
  /** UDP and TCP: who is there. Default 7946. */
  readonly clusterPort?: number;
  /** TLS: the replicated log. Default two above clusterPort. */
  readonly logPort?: number;
  /** How nodes find each other. Default: by the seeds when there are any, else by multicast. */
  readonly discovery?: MemberConfig["discovery"];
  /** "node-2.example.com:7946". */
  readonly seeds?: readonly string[];
  /** Votes, keeps the log, and holds no state. Default false. */
  readonly witness?: boolean;
  /** Of a write that says nothing else. Default "quorum". */
  readonly consistencyLevel?: ConsistencyLevel;
  /** "asynchronous" answers after the leader's disk alone. Default "synchronous". */
  readonly syncMode?: "synchronous" | "asynchronous";
  /** Default 1000. */
  readonly heartbeatIntervalMs?: number;
  /** Silence of the leader after which others stand for election. Default 5000. */
  readonly electionTimeoutMs?: number;
  /** Silence of a node after which it counts as failed. Default 10000. */
  readonly failureDetectionTimeoutMs?: number;
  readonly healthChecks?: HealthCheckOptions;
  readonly regions?: RegionOptions;
  /** Share of new sessions under weighted strategies, 1 to 256. Default 1. */
  readonly weight?: number;
  /** Sessions that this node takes at once; 0, the default: as many as come. */
  readonly maxSessions?: number;
  /** Where this node serves its clients, for others to read. */
  readonly endpoints?: readonly string[];
  /** What drains; what it throws is written to `log`. Default: the sessions that the program counts by session(). */
  readonly sessions?: SessionGate;
  /** Who asks for this node's share of new sessions, as HAProxy does by its agent-check. */
  readonly agentCheck?: { readonly port: number; readonly balancers: readonly string[] };
  /** Default: none is written. */
  readonly log?: Logger;
}

export interface HealthCheckOptions {
  /** What must work, by name; each rejects when it does not. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** Default 10000. */
  readonly checkIntervalMs?: number;
  /** The longest that one check may take. Default 5000. */
  readonly checkTimeoutMs?: number;
  /** Failures in a row after which the node is failed. Default 3. */
  readonly failureThreshold?: number;
  /** Successes in a row after which it is active again. Default 2. */
  readonly successThreshold?: number;
}

export interface RegionOptions {
  readonly currentRegion: string;
  /** Whether sessions go to nodes of this region while one of them serves. Default true. */
  readonly preferLocalRegion?: boolean;
  /**
   * 0, the default, in the region that is to lead; nodes of rank n wait n election timeouts longer before they stand
   * for election. At most 10.
   */
  readonly electionRank?: number;
  /** How long an answer of the cluster is waited for. Default 10000. */
  readonly crossRegionTimeoutMs?: number;
}

/** The member's configuration that these options amount to. Throws CLUSTER_OPTIONS with the first rule that is broken. */
export function memberConfig(options: JoinOptions): MemberConfig {
  const { clusterPort = PORTS.gossip, seeds = [], security } = options;
  const result = clusterConfigSchema.safeParse({
    name: options.cluster ?? "mailbastion",
    founders: options.founders,
    witness: options.witness,
    directory: resolve(options.directory),
    address: options.address ?? "127.0.0.1",
    gossip: { port: clusterPort, keys: resolve(security.gossipKeys) },
    raft: {
      port: options.logPort ?? clusterPort + (PORTS.raft - PORTS.gossip),
      pem: resolve(security.pem),
      authority: resolve(security.authority),
    },
    agentCheck: options.agentCheck,
    discovery:
      options.discovery ?? (seeds.length > 0 ? { method: "static", seeds } : { method: "multicast" }),
    region: options.regions?.currentRegion,
    electionRank: options.regions?.electionRank,
    heartbeatMs: options.heartbeatIntervalMs ?? 1_000,
    electionMs: options.electionTimeoutMs ?? 5_000,
    failureDetectionMs: options.failureDetectionTimeoutMs,
    weight: options.weight,
  });
  if (!machineName.safeParse(options.nodeId).success) throw refused("nodeId", "must be a machine's name");
  if (!result.success) {
    const [issue] = result.error.issues;
    throw refused(issue!.path.join("."), issue!.message);
  }
  const [fault] = clusterFaults(result.data, options.nodeId, new Map());
  if (fault !== undefined) throw refused(fault.path, fault.rule);
  return result.data;
}

function refused(path: string, rule: string): UserError {
  return new UserError(
    "CLUSTER_OPTIONS",
    `the option that stands for ${path} is refused: ${rule}`,
    "see docs/reference/cluster-library.md for what each option takes",
  );
}
