/**
 * A node's part in its cluster, put together: log, gossip, discovery, the shared state and all that stands on it. It
 * comes up by itself, in whatever order the nodes are started, and waits for as long as it must; whoever started it
 * goes on meanwhile.
 */
import type { ClusterPart } from "../../contract/cluster-status.ts";
import { agentAnswer } from "../cluster/agent-answer.ts";
import { AgentCheckServer } from "../cluster/agent-check.ts";
import type { Balancing } from "../cluster/balancing.ts";
import { NotProposed } from "../cluster/consensus.ts";
import { HealthMonitor } from "../cluster/health-monitor.ts";
import type { ClusterHealth } from "../cluster/registry.ts";
import type { By, GossipFigures, RaftFigures, RunningCluster } from "../cluster/running-cluster.ts";
import type { Founders } from "../raft/shell/founders.ts";
import { checkIdentity } from "../raft/shell/tls-transport.ts";
import { foundingNode } from "./announcement.ts";
import { Beginning } from "./beginning.ts";
import { catchUp } from "./catch-up.ts";
import type { ClusterMemberOptions } from "./cluster-member-options.ts";
import { clusterServices, type ClusterServices } from "./cluster-services.ts";
import { ClusterView } from "./cluster-view.ts";
import { GossipExchange } from "./gossip-exchange.ts";
import { readGossipKeys } from "./gossip-keys.ts";
import { Leadership } from "./leadership.ts";
import { MemberChanges } from "./member-changes.ts";
import { openCluster, type OpenCluster } from "./open-cluster.ts";
import { Operations } from "./operations.ts";
import { OwnReport } from "./own-report.ts";
import { readIdentity } from "./raft-identity.ts";
import { portError } from "./port-error.ts";
import { within } from "./within.ts";
import { keepWitnesses } from "./witness-record.ts";

/** Gossip, founding and evidence are looked at this often: what depends on it is told in seconds. */
const LOOK_MS = 100;
/** So many reports may be lost before their sender counts as failed. */
const REPORTS_PER_DETECTION = 5;
const CATCH_UP_MS = 60_000;
/** For each step of a good-bye: leadership, what is in hand of limits, gossip. */
const GOODBYE_MS = 3_000;
const WEIGHTED: Balancing = { strategy: "weighted-round-robin" };

export class ClusterMember implements RunningCluster {
  readonly name: string;
  readonly node: string;
  readonly services: ClusterServices;
  readonly #options: ClusterMemberOptions;
  readonly #open: OpenCluster;
  readonly #exchange: GossipExchange;
  readonly #operations: Operations;
  readonly #changes: MemberChanges;
  readonly #leadership: Leadership;
  readonly #view: ClusterView;
  readonly #beginning: Beginning;
  readonly #monitor: HealthMonitor;
  readonly #report: OwnReport;
  readonly #agent: AgentCheckServer | undefined;
  readonly #end = new AbortController();
  /** Aborted with the reason once this node takes no part any more. */
  readonly #gone = new AbortController();
  /** What kept the log from being set going. */
  readonly #notBegun = Promise.withResolvers<Error>();
  readonly #startedAt: number;
  readonly #loops: Promise<void>[] = [];
  #caughtUp = false;
  #balancing: Balancing;

  /**
   * Opens everything and begins to look for the others. Throws MAILNODE_PORT_TAKEN, MAILNODE_ADDRESS_ABSENT, and what
   * else openCluster throws.
   */
  static async start(options: ClusterMemberOptions): Promise<ClusterMember> {
    const open = await openCluster(options).catch((error: unknown) => {
      throw portError(error);
    });
    const member = new ClusterMember(options, open);
    try {
      await member.#agent?.start();
    } catch (error) {
      await open.close();
      throw portError(error);
    }
    void member.stopped.then((error) => member.#gone.abort(error ?? new NotProposed("stopped")));
    member.#loops.push(member.#keepLooking(), member.#monitor.run(member.#end.signal));
    return member;
  }

  private constructor(options: ClusterMemberOptions, open: OpenCluster) {
    const { node, config, service, env, log: logger, checks, health, balancing = WEIGHTED } = options;
    const { log, gossip, directory } = open;
    this.name = config.name;
    this.node = node;
    this.#options = options;
    this.#open = open;
    this.#exchange = new GossipExchange(options, open);
    this.#balancing = balancing;
    this.#startedAt = env.monotonic();
    this.services = clusterServices(log.replica, service.gate, env, {
      failureDetectionMs: config.failureDetectionMs,
      log: logger,
      ...(options.replication && { replication: options.replication }),
    });
    const { registry, audit } = this.services;
    this.#monitor = new HealthMonitor(checks, env, health);
    this.#report = new OwnReport({
      member: log.id,
      config,
      service,
      state: () => this.#view.nodeState(),
      mark: () => this.maintenance.of(node),
      documents: () => this.configuration.working(),
    });
    this.#beginning = new Beginning({
      self: { id: log.id, name: node, witness: config.witness },
      founders: config.founders,
      others: () =>
        gossip
          .members()
          .filter(({ id, state }) => id !== log.id && (state === "alive" || state === "suspect"))
          .map(foundingNode),
      looked: () => this.#hasLooked(),
      log,
      begin: (founders) => this.#begin(founders),
      logger,
    });
    this.#view = new ClusterView({
      name: config.name,
      node: log,
      gossip,
      directory,
      registry,
      env,
      partitionMs: config.failureDetectionMs,
      own: () => ({
        waiting: this.#beginning.why,
        caughtUp: this.#caughtUp,
        healthy: this.#monitor.healthy,
        maintenance: this.#report.outOfService(),
      }),
    });
    this.#leadership = new Leadership(log.driver, directory, registry);
    const forgotten = async (name: string, actor: string | undefined): Promise<void> => {
      if (log.replica.machine.nodes.get(name) === undefined) return;
      await log.replica.perform<"node.remove">(
        { type: "node.remove", node: name },
        { ...(actor && { actor }) },
      );
    };
    this.#operations = new Operations(audit, logger);
    this.#changes = new MemberChanges({
      self: { name: node, id: log.id },
      directory,
      change: (changes, signal) => log.driver.changeMembers(changes, signal),
      membership: () => log.driver.status()?.membership,
      isHere: (id) => id === log.id || (log.connected(id) && directory.seems(id) === "alive"),
      hasCaughtUp: (name, id) => {
        const report = log.replica.machine.nodes.get(name);
        return report?.member === id && report.state !== "initializing" && report.state !== "joining";
      },
      operations: this.#operations,
      forget: forgotten,
      env,
      catchUpMs: CATCH_UP_MS,
    });
    const { agentCheck, address } = config;
    if (agentCheck !== undefined)
      this.#agent = new AgentCheckServer({
        address,
        port: agentCheck.port,
        mayAsk: (from) => agentCheck.balancers.includes(from),
        answer: () => this.agentAnswer(),
      });
  }

  get replica() {
    return this.services.replica;
  }
  get state() {
    return this.services.state;
  }
  get registry() {
    return this.services.registry;
  }
  get maintenance() {
    return this.services.maintenance;
  }
  get configuration() {
    return this.services.configuration;
  }
  get limits() {
    return this.services.limits;
  }
  get leases() {
    return this.services.leases;
  }
  get affinity() {
    return this.services.affinity;
  }
  get roles() {
    return this.services.roles;
  }
  get audit() {
    return this.services.audit;
  }

  /** Resolves when the log has stopped: with the error of the disk or of the state that made it stop, if one did. */
  get stopped(): Promise<Error | undefined> {
    return Promise.race([this.#notBegun.promise, this.#open.log.driver.stopped]);
  }

  /** Where others reach this node's gossip. */
  get gossipAddress(): { readonly host: string; readonly port: number } {
    return this.#open.gossip.address;
  }

  /**
   * Resolves once this node is active and the cluster has been told so. Rejects with the signal's reason when it is
   * aborted first, with the log's error when that has failed, and with NotProposed when this node has left.
   */
  async whenActive(signal?: AbortSignal): Promise<void> {
    const end = AbortSignal.any([this.#gone.signal, ...(signal ? [signal] : [])]);
    end.throwIfAborted();
    // A witness reports nothing, and would not see it.
    const told = () => this.#options.config.witness || this.registry.serving().includes(this.node);
    while (this.part().state !== "active" || !told()) await this.#options.env.sleep(LOOK_MS, end);
  }

  part(): ClusterPart {
    return this.#view.part();
  }

  health(): ClusterHealth {
    return this.registry.health(this.#view.clusterState());
  }

  gossip(): GossipFigures {
    return this.#view.gossip();
  }

  raft(): RaftFigures | undefined {
    return this.#view.raft();
  }

  leader(): string | undefined {
    return this.replica.consensus.leader()?.id;
  }

  onLeaderChange(listener: (leader: string | undefined) => void): () => void {
    return this.replica.consensus.onLeaderChange((leader) => listener(leader?.id));
  }

  async transferLeadership(to: string | undefined, { actor = this.node, signal }: By = {}): Promise<string> {
    const operation = { action: "leader.transfer", target: to ?? "", actor };
    return this.#operations.run(operation, () => this.#leadership.transfer(to, signal));
  }

  addMember(node: string, by?: By): Promise<void> {
    return this.#changes.add(node, by);
  }

  removeMember(node: string, by?: By): Promise<void> {
    return this.#changes.remove(node, by);
  }

  replaceMember(node: string, by?: By): Promise<void> {
    return this.#changes.replace(node, by);
  }

  /** What a balancer is told. A mark on this machine says it before the cluster has heard of it. */
  agentAnswer(): string {
    return this.#options.service.isDrained()
      ? agentAnswer("draining", 0, 0)
      : this.registry.agentAnswer(this.node, this.#balancing, this.#options.service.maxPerPort);
  }

  /** Spreads sessions by another strategy from now on, as far as this node's answers to balancers go. */
  setBalancing(balancing: Balancing): void {
    this.#balancing = balancing;
  }

  /** Reads gossip keys and certificates anew. Throws as start does for them, and then all stays as it was. */
  async reload(): Promise<void> {
    const follow = await this.readAnew();
    follow();
  }

  /**
   * Reads gossip keys and certificates anew, and gives back what makes this node go by them, which throws nothing. Throws
   * as start does for them.
   */
  async readAnew(): Promise<() => void> {
    const { gossip, raft } = this.#options.config;
    const { keys, log } = this.#open;
    const wanted = await readGossipKeys(gossip.keys);
    const identity = await readIdentity(raft);
    checkIdentity(identity);
    return () => {
      keys.follow(wanted);
      log.rotate(identity);
    };
  }

  /** Hands leadership on, gives back what it has in hand, says good-bye, and ends; each for a bounded time. */
  async stop(): Promise<void> {
    const { env, log: logger } = this.#options;
    const { log } = this.#open;
    this.#end.abort();
    const leads = log.driver.leader()?.id === log.id;
    if (leads) await within(this.#leadership.transfer(undefined), GOODBYE_MS, env);
    await within(this.limits.release(), GOODBYE_MS, env);
    await this.#agent?.stop();
    await this.#open.close(GOODBYE_MS);
    // What they wait for is refused now.
    await Promise.all(this.#loops);
    logger.info({ led: leads }, "left the cluster");
  }

  async #keepLooking(): Promise<void> {
    const { env } = this.#options;
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        await this.#beginning.look();
      } catch (error) {
        this.#notBegun.resolve(error as Error);
        return;
      }
      if (this.#beginning.begun) this.#open.log.setPeers(this.#exchange.addressBook());
      this.#view.observe();
      this.#exchange.announce(this.#beginning.note);
      await env.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #begin(founders: Founders | undefined): Promise<void> {
    const { log } = this.#open;
    await log.start(this.#exchange.addressBook(), founders);
    const { signal } = this.#end;
    const { failureDetectionMs, witness } = this.#options.config;
    this.#loops.push(this.#catchUp(signal));
    // A witness has no copy of the state to follow, or to see its own words in.
    if (witness) return;
    const reportMs = failureDetectionMs / REPORTS_PER_DETECTION;
    this.#loops.push(
      this.registry.keepReporting(reportMs, () => this.#report.make(), signal),
      log.replica.keepTime(reportMs, signal),
      this.maintenance.run(signal),
      keepWitnesses(this.#open, { env: this.#options.env, lookMs: LOOK_MS }, signal),
    );
  }

  /** A node that may serve says so without waiting for its turn. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    const { env, config } = this.#options;
    const { witness } = config;
    this.#caughtUp = await catchUp(this.#open, { witness, env, lookMs: LOOK_MS }, signal);
    if (this.#caughtUp && !witness) await this.registry.report(this.#report.make()).catch(() => undefined);
  }

  /** Whether somebody answered, or nobody is known that could, or they had their time. */
  #hasLooked(): boolean {
    const { finding, gossip, log } = this.#open;
    if (gossip.members().some(({ id }) => id !== log.id)) return true;
    const { env, config } = this.#options;
    const waited = env.monotonic() - this.#startedAt >= config.failureDetectionMs;
    return waited || (finding.answered && finding.found === 0);
  }
}
