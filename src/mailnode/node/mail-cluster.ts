import type { Logger } from "pino";
import type { CheckOutcome } from "../../contract/health.ts";
import type { MailNodeConfig } from "../../contract/mailnode-config.ts";
import type { Env } from "../../support/env.ts";
import type { SmtpService } from "../smtp/smtp-service.ts";
import { ClusterMember } from "./cluster-member.ts";
import type { ServiceGate } from "./service-gate.ts";

/** Who may keep a mail node from taking mail: a mark on its machine, and the cluster. */
export type DrainAsker = "mark" | "cluster";

/**
 * Places of a port that no balancer is told of: it gives one anew the moment a client hangs up, which the node may hear a
 * little later than of the next client.
 */
const SPARE_PLACES = 4;

export interface MailClusterParts {
  readonly config: MailNodeConfig;
  readonly smtp: SmtpService;
  readonly gate: ServiceGate<DrainAsker>;
  /** What a node needs to take mail. While one of these fails it counts as failed. */
  readonly checks: Readonly<Record<string, () => Promise<CheckOutcome>>>;
  readonly env: Env;
  readonly log: Logger;
}

/** Starts a mail node's part in its cluster; undefined when it is on its own. Throws like ClusterMember.start. */
export async function startMailCluster(parts: MailClusterParts): Promise<ClusterMember | undefined> {
  const { config, smtp, gate, checks, env, log } = parts;
  if (config.cluster === undefined) return undefined;
  const { listeners, maxConnections } = config.smtp;
  return ClusterMember.start({
    node: config.node,
    config: config.cluster,
    service: {
      gate: {
        count: () => smtp.sessions,
        close: () => gate.set("cluster", true),
        open: () => gate.set("cluster", false),
        endAll: (signal) => smtp.endAll(config.drainLimitMs, signal),
      },
      maxSessions: listeners.length * maxConnections,
      maxPerPort: Math.max(1, maxConnections - SPARE_PLACES),
      endpoints: listeners.map(({ address, port }) => `${address}:${port}`),
      isDrained: () => gate.asks("mark"),
    },
    checks: Object.fromEntries(
      Object.entries(checks).map(([name, check]) => [
        name,
        async () => {
          const outcome = await check();
          if (outcome.status === "failed") throw new Error(outcome.reason);
        },
      ]),
    ),
    env,
    log: log.child({ part: "cluster" }),
  });
}
