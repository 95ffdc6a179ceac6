/**
 * The resolved cluster: every machine, address, port, role and setting, with nothing left to look up.
 *
 * Plain data that survives JSON. Times are milliseconds, sizes are bytes, as their names say. Secrets stand
 * in it by name only, see toolkit/services/service.ts.
 */
export interface Topology {
  readonly cluster: string;
  readonly platform: Platform;
  readonly network: Network;
  /** In the order of the description; the order of all that is generated. */
  readonly machines: readonly Machine[];
  readonly mail: MailSettings;
  readonly balancer: BalancerSettings;
  readonly database: DatabaseSettings;
  readonly cache: CacheSettings;
  readonly storage: StorageSettings;
  readonly tls: TlsSettings;
}

export type Role = "balancer" | "mail" | "database" | "cache" | "storage" | "witness";
export const ROLES: readonly Role[] = ["balancer", "mail", "database", "cache", "storage", "witness"];

export interface Machine {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly Role[];
  /** Share of mail and web sessions that this machine takes, 1 to 256. */
  readonly weight: number;
  /** Mail nodes of one region are near each other. */
  readonly region?: string;
  /** By how many election timeouts its mail node lets others go first. */
  readonly electionRank?: number;
  readonly ssh: SshTarget;
}

/** How a machine is reached. What is absent is for the ~/.ssh/config of whoever connects to say, then OpenSSH's default. */
export interface SshTarget {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  /** Jump hosts, the nearest first; none where it is empty. */
  readonly jump?: readonly JumpHost[];
}

export interface JumpHost {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
}

/** Where machines come from: made by Docker, or there already. */
export type Platform = { readonly kind: "docker"; readonly endpoint: string } | { readonly kind: "hosts" };

export interface Network {
  readonly cidr: string;
  readonly vip: string;
  /** Named by the description; when absent it is found on each machine by its address. */
  readonly interface?: string;
}

export interface MailSettings {
  /** What the nodes call themselves in greetings and Received lines. */
  readonly hostname: string;
  readonly domains: readonly string[];
  /** CIDRs that may relay anywhere through this cluster. */
  readonly relayNetworks: readonly string[];
  readonly nextHop: { readonly host: string; readonly port: number };
  readonly maxMessageBytes: number;
  readonly retry: { readonly firstMs: number; readonly longestMs: number; readonly giveUpMs: number };
  /** What a node does with its disk where the description says otherwise than the node by itself. */
  readonly disk?: {
    readonly maxFailedBytes?: number;
    readonly maxFailedAgeMs?: number;
    readonly minFreeBytes?: number;
  };
}

export interface BalancerSettings {
  readonly algorithm: "leastconn" | "roundrobin" | "source";
  readonly maxConnections: number;
  readonly statsUser: string;
  /** How long an old worker may keep its sessions after a reload. */
  readonly hardStopAfterMs: number;
  readonly vrrp: {
    readonly routerId: number;
    readonly advertIntervalMs: number;
    readonly missedAdverts: number;
    readonly preempt: boolean;
  };
}

export interface DatabaseSettings {
  readonly name: string;
  readonly user: string;
  readonly bufferPoolBytes: number;
  readonly maxConnections: number;
  readonly flushLogAtTrxCommit: 0 | 1 | 2;
  /** Galera's failure detection: a silent member is suspected, then excluded. */
  readonly suspectTimeoutMs: number;
  readonly inactiveTimeoutMs: number;
}

export interface CacheSettings {
  readonly masterName: string;
  readonly maxMemoryBytes: number;
  /** A master is held for dead by one Sentinel after this silence. */
  readonly downAfterMs: number;
  readonly failoverTimeoutMs: number;
  /** A master without a replica this fresh stops accepting writes. Shorter than downAfterMs. */
  readonly maxReplicaLagMs: number;
}

export interface StorageSettings {
  readonly kind: "glusterfs";
  readonly volume: string;
  readonly brickPath: string;
  readonly mountPath: string;
}

export interface TlsSettings {
  /** The certificate that clients see. "lab" is made by the cluster's own CA and exists in the lab only. */
  readonly public:
    | { readonly kind: "files"; readonly certificateFile: string; readonly keyFile: string }
    | { readonly kind: "lab" };
}

export function machinesWith(topology: Topology, role: Role): readonly Machine[] {
  return topology.machines.filter((machine) => machine.roles.includes(role));
}

export function machineNamed(topology: Topology, name: string): Machine {
  const machine = topology.machines.find((candidate) => candidate.name === name);
  if (!machine) throw new Error(`no machine ${name} in the topology of ${topology.cluster}`);
  return machine;
}

/** Every machine of the role but this one. */
export function peersOf(topology: Topology, machine: Machine, role: Role): readonly Machine[] {
  return machinesWith(topology, role).filter((other) => other.name !== machine.name);
}
