import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { clusterConfigSchema, MAX_FOUNDERS, type ClusterConfig } from "../../../contract/cluster-config.ts";
import type { MailNodeConfig } from "../../../contract/mailnode-config.ts";
import type { WitnessConfig } from "../../../contract/witness-config.ts";
import { PORTS } from "../../../contract/ports.ts";
import { machinesWith } from "../../topology/topology.ts";
import { isWitnessIn, votersIn } from "../../topology/voters.ts";
import { PASSWORD_SECRET as DATABASE_PASSWORD } from "../galera/names.ts";
import { PASSWORD_SECRET as CACHE_PASSWORD } from "../redis/names.ts";
import type { FileContext } from "../service.ts";
import { PATHS } from "./names.ts";

/** RFC 5321 section 4.5.3.1.8: at least 100 recipients must be taken. */
const MAX_RECIPIENTS = 100;
/** Sessions per port and node; each costs about 50 KiB. */
export const MAX_SESSIONS = 1000;
/** RFC 5321 section 6.3: a limit for loops should be at least 100. */
const MAX_RECEIVED_LINES = 100;
/** RFC 5321 section 4.5.3.2.7. */
const IDLE_TIMEOUT_MS = 5 * 60_000;
/** Together: most next hops take this many sessions of one client. */
const MAX_RELAY_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 30_000;
/** Shorter than the two seconds that HAProxy waits for the answer to a check. */
const CHECK_TIMEOUT_MS = 1_500;
const CHECK_CACHE_MS = 1_000;
/** How long a stop waits for open transactions; the unit's stop time-out is made from it. */
export const DRAIN_LIMIT_MS = 30_000;

/** The configuration of the mail node on a machine. Passwords are placeholders. */
export function mailNodeConfig(context: FileContext): MailNodeConfig {
  const { topology, machine } = context;
  const { mail, network, database } = topology;
  const { address } = machine;
  const listener = { address, tls: "starttls", requireTls: false } as const;
  return {
    node: machine.name,
    hostname: mail.hostname,
    smtp: {
      listeners: [
        { ...listener, port: PORTS.smtp },
        { ...listener, port: PORTS.submission, requireTls: true },
        { ...listener, port: PORTS.submissions, tls: "implicit" },
      ],
      balancers: machinesWith(topology, "balancer").map((balancer) => balancer.address),
      domains: [...mail.domains],
      relayNetworks: [...mail.relayNetworks],
      maxMessageBytes: mail.maxMessageBytes,
      maxRecipients: MAX_RECIPIENTS,
      maxConnections: MAX_SESSIONS,
      maxReceivedLines: MAX_RECEIVED_LINES,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      pem: context.addressed(PATHS.publicPem),
    },
    delivery: {
      nextHop: { ...mail.nextHop },
      maxConnections: MAX_RELAY_CONNECTIONS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      retry: { ...mail.retry },
    },
    queue: { path: PATHS.queue, ...mail.disk },
    admin: { address, port: PORTS.console, pem: context.addressed(PATHS.machinePem) },
    checks: {
      ...(machinesWith(topology, "database").length > 0 && {
        database: {
          host: network.vip,
          port: PORTS.database,
          user: database.user,
          name: database.name,
          password: context.secret(DATABASE_PASSWORD),
        },
      }),
      ...(machinesWith(topology, "cache").length > 0 && {
        redis: { host: network.vip, port: PORTS.cache, password: context.secret(CACHE_PASSWORD) },
      }),
      timeoutMs: CHECK_TIMEOUT_MS,
      cacheMs: CHECK_CACHE_MS,
    },
    cluster: clusterConfig(context),
    drainMark: DRAIN_MARKS.drained,
    drainLimitMs: DRAIN_LIMIT_MS,
  };
}

/** The same on a witness: it votes and takes no mail, so that no balancer asks for it. */
export function witnessConfig(context: FileContext): WitnessConfig {
  const { address, name } = context.machine;
  return {
    node: name,
    admin: { address, port: PORTS.console, pem: context.addressed(PATHS.machinePem) },
    cluster: { ...clusterConfig(context), witness: true },
  };
}

/**
 * The node's part in the cluster of the mail nodes. The founders are all of the description, also those that are added
 * later: a founder's word counts while its log is empty only. Those who are in have logs and heed the list no more; a
 * new one finds members who say that the cluster is founded without it, and waits until it is taken in. A witness is the
 * last of them: the first founder must hold the state.
 */
function clusterConfig({ topology, machine }: FileContext): ClusterConfig {
  const voters = votersIn(topology, "mail");
  const witness = isWitnessIn(topology, machine, "mail");
  return clusterConfigSchema.parse({
    name: topology.cluster,
    founders: voters.map(({ name }) => name).slice(0, MAX_FOUNDERS),
    witness,
    directory: PATHS.raft,
    address: machine.address,
    gossip: { port: PORTS.gossip, keys: PATHS.gossipKeys },
    raft: { port: PORTS.raft, pem: PATHS.memberPem, authority: PATHS.memberAuthority },
    ...(!witness && {
      agentCheck: {
        port: PORTS.agentCheck,
        balancers: machinesWith(topology, "balancer").map(({ address }) => address),
      },
    }),
    discovery: {
      method: "static",
      seeds: voters
        .filter(({ name }) => name !== machine.name)
        .map(({ address }) => `${address}:${PORTS.gossip}`),
    },
    region: machine.region,
    electionRank: machine.electionRank,
  });
}
