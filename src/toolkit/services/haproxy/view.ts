import { HAPROXY_BALANCE } from "../../../contract/cluster-api.ts";
import { PORTS } from "../../../contract/ports.ts";
import { shortHash } from "../../../support/hash.ts";
import type { FileContext } from "../service.ts";
import type { Topology } from "../../topology/topology.ts";
import { machinesWith } from "../../topology/topology.ts";
import { PASSWORD_SECRET } from "../redis/names.ts";
import { replicasToWrite } from "../redis/settings.ts";
import { connectionLimits } from "./connections.ts";
import { ALIVE_URI, PATHS } from "./paths.ts";

/** What templates/haproxy/haproxy.cfg.hbs is rendered with. */
export function haproxyView(context: FileContext): Readonly<Record<string, unknown>> {
  const { topology, machine } = context;
  const { balancer, network, mail } = topology;
  return {
    machine: machine.name,
    address: machine.address,
    vip: network.vip,
    hostname: mail.hostname,
    adminSocket: PATHS.adminSocket,
    stateName: `server-state-${layoutHash()}`,
    hardStopAfter: `${balancer.hardStopAfterMs}ms`,
    limits: connectionLimits(balancer.maxConnections),
    peers: machinesWith(topology, "balancer").map(({ name, address }) => ({ name, address })),
    peersPort: PORTS.haproxyPeers,
    balance: balanceLines(balancer.algorithm),
    mailNodes: mailNodes(topology),
    agentPort: PORTS.agentCheck,
    smtp: smtpListeners(topology),
    consolePort: PORTS.console,
    certificate: context.addressed(PATHS.publicPem),
    authority: context.addressed(PATHS.authority),
    database: databaseListener(topology),
    cache: cacheListener(context),
    stats: {
      port: PORTS.haproxyStats,
      user: balancer.statsUser,
      password: context.secret("balancer/stats-password"),
      aliveUri: ALIVE_URI,
    },
    metricsPort: PORTS.haproxyMetrics,
  };
}

/*
 * A saved state holds ports besides what it is for, and HAProxy prefers them to those of its configuration
 * (github.com/haproxy/haproxy/issues/1412). A state saved with other ports therefore has another name.
 */
function layoutHash(): string {
  const { smtp, submission, submissions, console, database, databaseCheck, cache, agentCheck } = PORTS;
  return shortHash(
    JSON.stringify({ smtp, submission, submissions, console, database, databaseCheck, cache, agentCheck }),
  );
}

/** HAProxy's largest weight (configuration manual 5.2). */
const MAX_WEIGHT = 256;

/*
 * A node's agent names a percentage of its weight, and HAProxy rounds down: half of 1 would be nothing. So all are made
 * as large as they can be; only what they are to each other counts.
 */
function mailNodes(topology: Topology): readonly Readonly<Record<string, unknown>>[] {
  const nodes = machinesWith(topology, "mail");
  const factor = Math.floor(MAX_WEIGHT / Math.max(...nodes.map(({ weight }) => weight)));
  return nodes.map(({ name, address, weight }) => ({ name, address, weight: weight * factor }));
}

/** With `source` the address picks the node. */
function balanceLines(algorithm: Topology["balancer"]["algorithm"]): readonly string[] {
  return algorithm === "source" ? HAPROXY_BALANCE["ip-hash"] : [`balance ${algorithm}`];
}

function smtpListeners(topology: Topology): readonly Readonly<Record<string, unknown>>[] {
  const limits = connectionLimits(topology.balancer.maxConnections);
  return [
    { name: "smtp", port: PORTS.smtp, maxconn: limits.smtp, checkTls: false },
    { name: "submission", port: PORTS.submission, maxconn: limits.submission, checkTls: false },
    { name: "submissions", port: PORTS.submissions, maxconn: limits.submissions, checkTls: true },
  ];
}

/** False where the cluster has no database, as the template asks {{#if database}}. */
function databaseListener(topology: Topology): unknown {
  const nodes = machinesWith(topology, "database");
  if (nodes.length === 0) return false;
  return {
    port: PORTS.database,
    checkPort: PORTS.databaseCheck,
    // The same order on every balancer, so that all of them begin with the same writer.
    servers: nodes.map(({ name, address }, index) => ({ name, address, backup: index > 0 })),
  };
}

function cacheListener(context: FileContext): unknown {
  const nodes = machinesWith(context.topology, "cache");
  if (nodes.length === 0) return false;
  const needed = replicasToWrite(context.topology);
  const enough = Array.from({ length: nodes.length - needed }, (_, index) => String(needed + index));
  return {
    port: PORTS.cache,
    password: context.secret(PASSWORD_SECRET),
    replicated: needed > 0,
    replicasNeeded: needed,
    // A pattern of HAProxy's: as many replicas as are needed, or more.
    enoughReplicas: `(${enough.join("|")})`,
    servers: nodes.map(({ name, address }) => ({ name, address })),
  };
}
