import type { Logger } from "pino";
import { healthOf, type Health, type Ready } from "../../contract/health.ts";
import type { WitnessConfig } from "../../contract/witness-config.ts";
import type { Env } from "../../support/env.ts";
import { AdminPart } from "./admin-part.ts";
import { ClusterMember } from "./cluster-member.ts";
import { readNamed } from "./config-file.ts";
import { clusterLogFailed, type NodeFailure } from "./node-failure.ts";
import { portError } from "./port-error.ts";

export interface WitnessNodeParts {
  readonly config: WitnessConfig;
  readonly version: string;
  readonly env: Env;
  readonly log: Logger;
  /** Where the console is answered on this machine alone; absent: nowhere. */
  readonly socket?: string | undefined;
}

/** A node that votes among the mail nodes and does nothing else: its part in the cluster, and the console that tells of it. */
export class WitnessNode {
  readonly #parts: WitnessNodeParts;
  readonly #admin: AdminPart;
  readonly #cluster: ClusterMember;

  private constructor(parts: WitnessNodeParts, cluster: ClusterMember, pem: string) {
    const { config, version, env, log } = parts;
    this.#parts = parts;
    this.#cluster = cluster;
    this.#admin = new AdminPart({
      config: config.admin,
      pem,
      socket: parts.socket,
      cluster: () => cluster,
      health: async () => this.health(),
      ready: async () => this.ready(),
      figures: () => ({
        node: config.node,
        version,
        queueLength: 0,
        smtpSessions: 0,
        draining: false,
        isWitness: true,
      }),
      env,
      log,
    });
  }

  /** Begins to look for its cluster. Throws MAILNODE_FILE_UNREADABLE, and like ClusterMember.start. */
  static async start(parts: WitnessNodeParts): Promise<WitnessNode> {
    const { config, version, env, log } = parts;
    const pem = await readNamed(config.admin.pem);
    const cluster = await ClusterMember.start({
      node: config.node,
      config: config.cluster,
      service: NO_SERVICE,
      checks: {},
      env,
      log: log.child({ part: "cluster" }),
    });
    const node = new WitnessNode(parts, cluster, pem);
    try {
      await node.#admin.start();
    } catch (error) {
      await cluster.stop();
      throw portError(error);
    }
    log.info({ version }, "voting");
    return node;
  }

  get cluster(): ClusterMember {
    return this.#cluster;
  }

  /** Resolves when the cluster's log has failed, and the node must stop. */
  async failed(): Promise<NodeFailure> {
    const error = await this.#cluster.stopped;
    return error ? clusterLogFailed(error) : new Promise<never>(() => undefined);
  }

  /** Reads the gossip keys and the certificates for members and console anew. Throws, and keeps what it had. */
  async reload(): Promise<void> {
    const pem = await readNamed(this.#parts.config.admin.pem);
    const follow = await this.#cluster.readAnew();
    // Throws when it is none, and then nothing else has changed either.
    this.#admin.rotate(pem);
    follow();
  }

  /** Leaves the cluster, and closes the console. */
  async stop(): Promise<void> {
    await this.#cluster.stop();
    await this.#admin.stop();
    this.#parts.log.info("stopped");
  }

  health(): Health {
    const { config, version } = this.#parts;
    return { ...healthOf(config.node, version, { services: {} }), cluster: this.#cluster.part() };
  }

  ready(): Ready {
    return { ready: false, node: this.#parts.config.node, reason: "a witness takes no mail" };
  }
}

/** There are no sessions to keep away or to end. */
const NO_SERVICE = {
  gate: { count: () => 0, close: () => undefined, open: () => undefined, endAll: async () => undefined },
  maxSessions: 0,
  maxPerPort: 0,
  endpoints: [],
  isDrained: () => false,
};
