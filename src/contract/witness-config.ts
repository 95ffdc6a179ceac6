import * as z from "zod";
import type { Fault } from "../support/errors.ts";
import { clusterConfigSchema } from "./cluster-config.ts";
import { clusterFaults } from "./cluster-faults.ts";
import { address, machineName, path, port } from "./config-fields.ts";
import { parseMailNodeConfig, type MailNodeConfig } from "./mailnode-config.ts";
import { parseConfig, parseJson } from "./parse-config.ts";

const schema = z.strictObject({
  /** The marker line: JSON has no comments. */
  $comment: z.string().optional(),
  /** The machine's name in the cluster. */
  node: machineName,
  admin: z.strictObject({ address, port, pem: path }),
  cluster: clusterConfigSchema.extend({ witness: z.literal(true) }),
});

/** The configuration of a node that does nothing but vote: it has no ports for mail, no queue and no next hop. */
export type WitnessConfig = z.infer<typeof schema>;

/** What mbnode runs by: as a mail node, or as a witness without mail. */
export type NodeConfig = MailNodeConfig | WitnessConfig;

/** Whether a node takes mail. */
export function takesMail(config: NodeConfig): config is MailNodeConfig {
  return "smtp" in config;
}

/**
 * Reads the configuration of either kind: a witness's section `cluster` says that it is one, and nothing says where mail
 * is taken. Throws MAILNODE_CONFIG with every fault at once.
 *
 * @param source the name of the file, for the message
 */
export function parseNodeConfig(text: string, source: string): NodeConfig {
  const data = parseJson(text, source);
  const { success, data: found } = votesOnly.safeParse(data);
  return success && !("smtp" in found)
    ? parseConfig({ text, source, schema, crossFieldFaults })
    : parseMailNodeConfig(text, source);
}

const votesOnly = z.looseObject({ cluster: z.looseObject({ witness: z.literal(true) }) });

/** The file's text: pretty JSON with a final newline, the marker as its first key. Throws like parseNodeConfig. */
export function serializeWitnessConfig(config: WitnessConfig, marker: string): string {
  const { $comment: _replaced, ...rest } = config;
  const text = `${JSON.stringify({ $comment: marker, ...rest }, undefined, 2)}\n`;
  parseNodeConfig(text, "the configuration to be written");
  return text;
}

function crossFieldFaults({ admin, cluster, node }: WitnessConfig): readonly Fault[] {
  return clusterFaults(cluster, node, new Map([[`${admin.address}:${admin.port}`, "admin"]]));
}
