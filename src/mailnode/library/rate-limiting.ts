import type { LimitAlgorithm } from "../../contract/cluster-api.ts";
import type { Decision } from "../cluster/rate-limits.ts";
import { Refused } from "../cluster/replica.ts";
import type { RunningCluster } from "../cluster/running-cluster.ts";

export interface RateLimitingOptions {
  /** For all clients of all nodes together, in each window. */
  readonly globalLimit: number;
  /** Default "token-bucket". */
  readonly algorithm?: LimitAlgorithm;
  /** Default one hour. */
  readonly windowMs?: number;
  /** How long a node may go by what it has in hand. Default 1000. */
  readonly syncIntervalMs?: number;
}

export interface RateCheck {
  /** What this client may use in each hour, whichever node it asks. */
  readonly requestsPerHour: number;
  /** How much is used by this. Default 1. */
  readonly cost?: number;
}

const HOUR_MS = 3_600_000;
const GLOBAL = "library.global";

/** Limits of the whole cluster, each decided on the node that is asked; see RateLimits. */
export class RateLimiting {
  readonly #cluster: Pick<RunningCluster, "limits" | "replica">;
  #hasGlobal = false;

  constructor(cluster: Pick<RunningCluster, "limits" | "replica">) {
    this.#cluster = cluster;
  }

  /** Sets the limit for all clients together. Throws like RateLimits.define. */
  async enable(options: RateLimitingOptions): Promise<void> {
    const { globalLimit, algorithm = "token-bucket", windowMs = HOUR_MS, syncIntervalMs } = options;
    await this.#cluster.limits.define(GLOBAL, {
      algorithm,
      limit: globalLimit,
      windowMs,
      ...(syncIntervalMs !== undefined && { syncIntervalMs }),
    });
    this.#hasGlobal = true;
  }

  /** Whether a client may go on, by its own limit and then by that of all. Throws like RateLimits.check. */
  async check(client: string, { requestsPerHour, cost = 1 }: RateCheck): Promise<Decision> {
    const name = `library.client.${requestsPerHour}`;
    const own = await this.#checkOwn(name, client, requestsPerHour, cost);
    if (!own.allowed || !(this.#hasGlobal || this.#cluster.replica.machine.limits.get(GLOBAL))) return own;
    return this.#cluster.limits.check(GLOBAL, "", cost);
  }

  /** One limit serves all clients that are allowed the same; it is made by the first check. */
  async #checkOwn(name: string, client: string, limit: number, cost: number): Promise<Decision> {
    const { limits } = this.#cluster;
    try {
      return await limits.check(name, client, cost);
    } catch (error) {
      if (!(error instanceof Refused && error.refusal.code === "NOT_FOUND")) throw error;
      await limits.define(name, { algorithm: "sliding-window", limit, windowMs: HOUR_MS });
      return limits.check(name, client, cost);
    }
  }
}
