import type { Logger } from "pino";
import type { MailNodeConfig } from "../../contract/mailnode-config.ts";
import type { Env } from "../../support/env.ts";
import { AdminServer } from "../admin/admin-server.ts";
import { ClusterApi } from "../admin/api/cluster-api.ts";
import { Console, type ConsoleParts } from "../admin/console.ts";
import { localDoor, tokenDoor } from "../admin/door.ts";
import { FailureLimit } from "../admin/failure-limit.ts";
import { LocalSocket } from "../admin/local-socket.ts";
import { adminMetrics } from "../admin/metrics/admin-metrics.ts";
import { clusterMetrics } from "../admin/metrics/cluster-metrics.ts";
import { expose } from "../admin/metrics/exposition.ts";
import { nodeMetrics, type NodeFigures } from "../admin/metrics/node-metrics.ts";
import { spoolMetrics, type SpoolFigures } from "../admin/metrics/spool-metrics.ts";
import { Refusals } from "../admin/refusals.ts";
import type { StatusFacts } from "../admin/status-page.ts";
import type { RunningCluster } from "../cluster/running-cluster.ts";

export interface AdminPartOptions extends Pick<ConsoleParts, "health" | "ready"> {
  readonly config: MailNodeConfig["admin"];
  readonly pem: string;
  /** Where the same is answered on this machine alone; absent: nowhere. */
  readonly socket: string | undefined;
  /** Undefined while the node is in no cluster. */
  readonly cluster: () => RunningCluster | undefined;
  readonly figures: () => NodeFigures & StatusFacts;
  /** Absent on a node without a queue. */
  readonly spool?: () => Promise<SpoolFigures>;
  readonly env: Env;
  readonly log: Logger;
}

/** Everything by which a node is looked at and operated: the console's port and the local socket. */
export class AdminPart {
  readonly #server: AdminServer;
  readonly #socket: LocalSocket | undefined;

  constructor(options: AdminPartOptions) {
    const { config, pem, socket, cluster, figures, spool, env, log, health, ready } = options;
    const refusals = new Refusals(env, log);
    const api = new ClusterApi({ cluster, refusals, env, log });
    const metrics = async (): Promise<string> => {
      const running = cluster();
      return expose([
        ...nodeMetrics(figures()),
        ...(spool ? spoolMetrics(await spool()) : []),
        ...adminMetrics(refusals.figures()),
        ...(running ? clusterMetrics(running) : []),
      ]);
    };
    const console = new Console({ health, ready, facts: figures, api, metrics });
    const door = tokenDoor(cluster, new FailureLimit(env));
    const { address, port } = config;
    this.#server = new AdminServer({ address, port, pem, console, door });
    if (socket !== undefined)
      this.#socket = new LocalSocket({ path: socket, console, door: localDoor(`uid-${process.getuid?.()}`) });
  }

  /** Binds port and socket. Rejects with EADDRINUSE, EACCES or MAILNODE_SOCKET_TAKEN; then nothing is bound. */
  async start(): Promise<void> {
    await this.#server.start();
    try {
      await this.#socket?.start();
    } catch (error) {
      await this.#server.stop();
      throw error;
    }
  }

  /** Shows another key and certificate from the next connection on. Throws what node:tls says of it. */
  rotate(pem: string): void {
    this.#server.rotate(pem);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#server.stop(), this.#socket?.stop()]);
  }
}
