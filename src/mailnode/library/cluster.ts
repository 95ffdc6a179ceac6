import type { ClusterPart } from "../../contract/cluster-status.ts";
import type { NodeState } from "../../contract/states.ts";
import { AFFINITY_DEFAULTS, type AffinityOptions, type AffinityResolver } from "../cluster/affinity.ts";
import type { ClientSession, Route } from "../cluster/affinity.ts";
import type { AuditQuery } from "../cluster/audit.ts";
import type { Balancing, CustomWeights } from "../cluster/balancing.ts";
import type { Distribution } from "../cluster/config-distribution.ts";
import type { Lease } from "../cluster/lease-keeper.ts";
import { MAINTENANCE_DEFAULTS, type MaintenanceOptions } from "../cluster/maintenance.ts";
import type { Decision } from "../cluster/rate-limits.ts";
import type { ClusterHealth } from "../cluster/registry.ts";
import type { DeleteOptions, SetOptions, Written } from "../cluster/replicated-state.ts";
import type { By, RunningCluster } from "../cluster/running-cluster.ts";
import type { Watcher } from "../cluster/watches.ts";
import type { ClusterMember } from "../node/cluster-member.ts";
import type { AuditRecord } from "../state/audit-log.ts";
import type { DocumentRecord } from "../state/documents.ts";
import type { KeyRecord } from "../state/keys.ts";
import { Balancer } from "./balancer.ts";
import { guarded } from "./guarded.ts";
import type { JoinOptions } from "./options.ts";
import { RateLimiting, type RateCheck, type RateLimitingOptions } from "./rate-limiting.ts";
import type { SessionCount } from "./session-count.ts";

/** A node of the cluster, as all of them see it. */
export interface NodeView {
  readonly id: string;
  readonly state: NodeState;
  /** 0 to 1. */
  readonly currentLoad: number;
  readonly sessions: number;
  readonly region: string | undefined;
  readonly endpoints: readonly string[];
}

export interface LeaderChange {
  /** Undefined while nobody leads. */
  readonly newLeaderNodeId: string | undefined;
}

/** A cluster in the hands of a program that is one of its nodes. Made by joinCluster. */
export class Cluster {
  /** All that the node itself works with, for what is not offered here. */
  readonly inner: RunningCluster;
  readonly #member: ClusterMember;
  readonly #options: JoinOptions;
  readonly #sessions: SessionCount;
  readonly #balancer = new Balancer();
  readonly #limiting: RateLimiting;
  #affinity: AffinityOptions = AFFINITY_DEFAULTS;

  constructor(member: ClusterMember, options: JoinOptions, sessions: SessionCount) {
    this.inner = member;
    this.#member = member;
    this.#options = options;
    this.#sessions = sessions;
    this.#limiting = new RateLimiting(member);
  }

  get nodeId(): string {
    return this.#options.nodeId;
  }

  /** Whether this node leads, as far as it knows: whoever acts by it takes a lock for what must happen once. */
  get isLeader(): boolean {
    return this.leaderNodeId === this.nodeId;
  }

  get leaderNodeId(): string | undefined {
    return this.#member.leader();
  }

  /** Calls back at each change of leader; gives back what ends it. What the listener throws is written to `log`. */
  onLeaderChanged(listener: (change: LeaderChange) => void): () => void {
    const told = this.#guarded(listener);
    return this.#member.onLeaderChange((newLeaderNodeId) => told({ newLeaderNodeId }));
  }

  /** All nodes, by name. */
  get nodes(): readonly NodeView[] {
    return this.#member.registry.nodes().map(({ id, state, record }) => ({
      id,
      state,
      currentLoad: record.load,
      sessions: record.sessions,
      region: record.region,
      endpoints: record.endpoints,
    }));
  }

  get nodeCount(): number {
    return this.nodes.length;
  }

  /** This node's part: its state, the cluster's, leader, term, members. */
  get status(): ClusterPart {
    return this.#member.part();
  }

  health(): ClusterHealth {
    return this.#member.health();
  }

  /**
   * Resolves once this node is active and the cluster has been told so; what others were told at the same time is
   * here after the next read or write. Rejects with the signal's reason when it is aborted first, with the log's error
   * when that has failed, and with NotProposed when this node has left.
   */
  whenActive(signal?: AbortSignal): Promise<void> {
    return this.#member.whenActive(signal);
  }

  /** Resolves with the error when the log has failed: this node takes no part any more and the program should end. */
  get failed(): Promise<Error> {
    return this.#member.stopped.then((error) => error ?? new Promise<never>(() => undefined));
  }

  /** Writes a value for all nodes. Throws like ReplicatedState.set. */
  replicateState(key: string, data: Uint8Array | string, options?: SetOptions): Promise<Written> {
    return this.#member.state.set(key, bytesOf(data), options);
  }

  /** Writes a value only if its version is still this one; 0: if there is none. Throws like ReplicatedState.set. */
  compareAndSet(
    key: string,
    version: number,
    data: Uint8Array | string,
    options?: SetOptions,
  ): Promise<Written> {
    return this.#member.state.compareAndSet(key, version, bytesOf(data), options);
  }

  deleteState(key: string, options?: DeleteOptions): Promise<Written> {
    return this.#member.state.delete(key, options);
  }

  /** What stands there now, on all nodes at once. Throws when no quorum can say. */
  getState(key: string): Promise<KeyRecord | undefined> {
    return this.#member.state.get(key);
  }

  /** What this node knows, at once; it may be behind. */
  getStaleState(key: string): KeyRecord | undefined {
    return this.#member.state.getStale(key);
  }

  /** Tells of every change of keys that begin with `prefix`. What the watcher throws is written to `log`. */
  watchState(prefix: string, watcher: Watcher): () => void {
    return this.#member.state.watch(prefix, {
      changed: this.#guarded((event) => watcher.changed(event)),
      reset: this.#guarded(() => watcher.reset?.()),
    });
  }

  /** Takes a lock for a time. Throws Refused with LEASE_HELD while somebody else has it. */
  acquireLock(name: string, ttlMs: number): Promise<Lease> {
    return this.#member.leases.acquire(name, ttlMs);
  }

  /** Sets one limit for all clients of all nodes. */
  enableDistributedRateLimiting(options: RateLimitingOptions): Promise<void> {
    return this.#limiting.enable(options);
  }

  /** Whether a client may go on; when not, why, and when to ask again. */
  checkRateLimit(client: string, check: RateCheck): Promise<Decision> {
    return this.#limiting.check(client, check);
  }

  /**
   * By which strategy chooseNode, and this node's answers to balancers, spread sessions from now on. What a custom one
   * throws is written to `log`, and all nodes get the same meanwhile.
   */
  setLoadBalancingStrategy(balancing: Balancing): void {
    const safe = balancing.strategy === "custom" ? this.#guardedStrategy(balancing) : balancing;
    this.#balancer.use(safe);
    this.#member.setBalancing(safe);
  }

  /** The node whose turn it is to take a new session; undefined when none serves. */
  chooseNode(clientAddress: string): string | undefined {
    const { regions } = this.#options;
    const serving = this.#member.registry.nodes().filter(({ state }) => state === "active");
    const local = serving.filter(({ record }) => record.region === regions?.currentRegion);
    const prefersLocal = regions !== undefined && regions.preferLocalRegion !== false;
    return this.#balancer.choose(prefersLocal && local.length > 0 ? local : serving, clientAddress);
  }

  configureAffinity(options: Partial<AffinityOptions>): void {
    this.#affinity = { ...this.#affinity, ...options };
    this.#member.affinity.configure(this.#affinity);
  }

  /** Names the node for a client; what it leaves open is decided by the client's address. */
  setAffinityResolver(resolver: AffinityResolver): void {
    this.configureAffinity({ method: "custom", resolver });
  }

  /** The node for a client: where it was before, else one that serves. */
  route(session: ClientSession): Promise<Route> {
    return this.#member.affinity.route(session);
  }

  /**
   * Counts a session that begins on this node. Gives back what is to be called when it is over; undefined: the node
   * is in maintenance and takes none. `end` ends the session when a drain leaves it no more time; what it throws is
   * written to `log`.
   */
  session(end: () => void): (() => void) | undefined {
    return this.#sessions.begin(this.#guarded(end));
  }

  enterMaintenanceMode(options: Partial<MaintenanceOptions> = {}): Promise<void> {
    return this.#member.maintenance.enter(this.nodeId, { ...MAINTENANCE_DEFAULTS, ...options });
  }

  exitMaintenanceMode(): Promise<void> {
    return this.#member.maintenance.exit(this.nodeId);
  }

  get isInMaintenance(): boolean {
    return this.#member.maintenance.isInMaintenance;
  }

  /** Gives a document to all nodes; resolves with its version. Throws like ConfigDistribution.distribute. */
  distributeConfiguration(name: string, content: Uint8Array | string, expect?: number): Promise<number> {
    const options = expect === undefined ? {} : { expect };
    return this.#member.configuration.distribute(name, bytesOf(content), options);
  }

  /**
   * Hands over a document now, if there is one, and each newer version; gives back what ends it. A version at which
   * `take` throws is not worked by, which `distributionOf` shows and `log` says.
   */
  onConfiguration(name: string, take: (document: DocumentRecord) => void): () => void {
    return this.#member.configuration.onChange(name, take);
  }

  /** Which version each node works by. */
  distributionOf(name: string): Distribution {
    return this.#member.configuration.distribution(name);
  }

  /** Who did what to the cluster. */
  audit(query?: AuditQuery): readonly AuditRecord[] {
    return this.#member.audit.list(query);
  }

  addMember(node: string, by?: By): Promise<void> {
    return this.#member.addMember(node, by);
  }

  removeMember(node: string, by?: By): Promise<void> {
    return this.#member.removeMember(node, by);
  }

  replaceMember(node: string, by?: By): Promise<void> {
    return this.#member.replaceMember(node, by);
  }

  /** Reads keys and certificates anew. */
  reload(): Promise<void> {
    return this.#member.reload();
  }

  /** Hands leadership on, says good-bye and ends; the node stays a member and may come back. */
  leave(): Promise<void> {
    return this.#member.stop();
  }

  #guardedStrategy(custom: Extract<Balancing, { strategy: "custom" }>): Balancing {
    const weigh: CustomWeights = (nodes) => custom.weigh(nodes);
    return { strategy: "custom", weigh: guarded(this.#options.log, weigh, () => ({})) };
  }

  #guarded<Told extends unknown[]>(callback: (...told: Told) => void): (...told: Told) => void {
    return guarded(this.#options.log, callback, () => undefined);
  }
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}
