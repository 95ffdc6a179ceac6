import * as z from "zod";
import type { Fault } from "../support/errors.ts";
import { clusterConfigSchema } from "./cluster-config.ts";
import { clusterFaults } from "./cluster-faults.ts";
import { address, cidr, count, hostname, machineName, milliseconds, path, port } from "./config-fields.ts";
import { parseConfig } from "./parse-config.ts";

/** One port on which mail is taken. */
const listener = z.strictObject({
  address,
  port,
  /** "starttls" offers the upgrade, "implicit" speaks TLS from the first byte (RFC 8314). */
  tls: z.enum(["starttls", "implicit"]),
  /** Refuses MAIL before TLS, as a submission port should (RFC 8314 section 3.3). */
  requireTls: z.boolean(),
});

const schema = z.strictObject({
  /** The marker line: JSON has no comments. */
  $comment: z.string().optional(),
  /** The machine's name in the cluster. */
  node: machineName,
  /** What greetings, Received lines and bounces say. */
  hostname,
  smtp: z.strictObject({
    listeners: z.array(listener).min(1, "must name at least one listener"),
    /** Addresses whose connections must begin with a PROXY v1 line; from nobody else is one taken. */
    balancers: z.array(address),
    /** Domains whose mail is taken from anyone. */
    domains: z.array(hostname),
    /** Networks that may send anywhere. */
    relayNetworks: z.array(cidr),
    maxMessageBytes: count,
    maxRecipients: count,
    /** Per listener. */
    maxConnections: count,
    /** More Received lines than this is a loop (RFC 5321 section 6.3). */
    maxReceivedLines: count,
    /** Silence of a client after which its session ends (RFC 5321 section 4.5.3.2.7: at least 5 minutes). */
    idleTimeoutMs: milliseconds,
    /** Key and certificate chain in one file, so that they are always of one mind. */
    pem: path,
  }),
  delivery: z.strictObject({
    nextHop: z.strictObject({ host: z.union([address, hostname]), port }),
    /** Connections to the next hop at the same time. */
    maxConnections: count,
    connectTimeoutMs: milliseconds,
    retry: z.strictObject({ firstMs: count, longestMs: count, giveUpMs: count }),
  }),
  queue: z.strictObject({
    path,
    /** What failed mail may take on the disk; beyond, the oldest is removed. Absent: 1 GiB. */
    maxFailedBytes: count.optional(),
    /** Older failed mail is removed. Absent: 30 days. */
    maxFailedAgeMs: count.optional(),
    /** New mail is refused with 452 while the file system has less left. Absent: 256 MiB. */
    minFreeBytes: count.optional(),
  }),
  admin: z.strictObject({ address, port, pem: path }),
  checks: z.strictObject({
    database: z
      .strictObject({
        host: address,
        port,
        user: z.string().min(1),
        name: z.string().min(1),
        password: z.string().min(1),
      })
      .optional(),
    redis: z.strictObject({ host: address, port, password: z.string().min(1) }).optional(),
    /** The longest one check may take. */
    timeoutMs: milliseconds,
    /** How long an answer is given again without asking anew. */
    cacheMs: milliseconds,
  }),
  /** Absent: this node is on its own. */
  cluster: clusterConfigSchema.optional(),
  /** A file that drains the node while it is there, without a restart. Absent: nothing outside drains it. */
  drainMark: path.optional(),
  /** How long open transactions may take to end once the node was told to stop. */
  drainLimitMs: milliseconds,
});

/** The whole configuration of a mail node; written by the toolkit, read by the node. */
export type MailNodeConfig = z.infer<typeof schema>;

/**
 * Reads a configuration. Throws MAILNODE_CONFIG with every fault at once; passwords are never in it.
 *
 * @param source the name of the file, for the message
 */
export function parseMailNodeConfig(text: string, source: string): MailNodeConfig {
  return parseConfig({ text, source, schema, crossFieldFaults });
}

/** The file's text: pretty JSON with a final newline, the marker as its first key. Throws like parseMailNodeConfig. */
export function serializeMailNodeConfig(config: MailNodeConfig, marker: string): string {
  const { $comment: _replaced, ...rest } = config;
  const text = `${JSON.stringify({ $comment: marker, ...rest }, undefined, 2)}\n`;
  parseMailNodeConfig(text, "the configuration to be written");
  return text;
}

function crossFieldFaults(config: MailNodeConfig): readonly Fault[] {
  const faults: Fault[] = [];
  const { firstMs, longestMs, giveUpMs } = config.delivery.retry;
  if (firstMs > longestMs) {
    faults.push({
      path: "delivery.retry.firstMs",
      value: firstMs,
      rule: `must not exceed longestMs (${longestMs})`,
      remedy: "lower it",
    });
  }
  if (longestMs > giveUpMs) {
    faults.push({
      path: "delivery.retry.longestMs",
      value: longestMs,
      rule: `must not exceed giveUpMs (${giveUpMs})`,
      remedy: "lower it",
    });
  }
  const taken = new Map([[`${config.admin.address}:${config.admin.port}`, "admin"]]);
  config.smtp.listeners.forEach(({ address, port }, index) => {
    const owner = taken.get(`${address}:${port}`);
    const path = `smtp.listeners.${index}`;
    if (owner)
      faults.push({
        path,
        value: `${address}:${port}`,
        rule: `is taken by ${owner} already`,
        remedy: "choose another port",
      });
    taken.set(`${address}:${port}`, path);
  });
  if (config.cluster) faults.push(...clusterFaults(config.cluster, config.node, taken));
  return faults;
}
