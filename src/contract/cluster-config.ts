import * as z from "zod";
import { address, count, hostname, machineName, milliseconds, path, port } from "./config-fields.ts";
import { nameText } from "./text.ts";

export const MAX_FOUNDERS = 9;
/** A rank more is one more election timeout without a leader when all nodes before it are gone. */
export const MAX_ELECTION_RANK = 10;

const endpoint = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$/,
    'must be a host and a port, such as "node-2:7946"',
  );
const url = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** How a node finds others to gossip with. Who lives at an address is proved by keys and certificates, never by this. */
const discovery = z.discriminatedUnion("method", [
  z.strictObject({ method: z.literal("static"), seeds: z.array(endpoint) }),
  z.strictObject({ method: z.literal("dns"), name: hostname, servers: z.array(z.string()).default([]) }),
  z.strictObject({
    method: z.literal("dns-srv"),
    name: z.string().min(1),
    servers: z.array(z.string()).default([]),
  }),
  z.strictObject({ method: z.literal("multicast") }),
  z.strictObject({
    method: z.literal("kubernetes"),
    api: url,
    namespace: z.string().min(1),
    service: z.string().min(1),
    portName: z.string().min(1),
    tokenFile: path,
    authority: path,
  }),
  z.strictObject({
    method: z.literal("consul"),
    api: url,
    service: z.string().min(1),
    tokenFile: path.optional(),
    authority: path.optional(),
  }),
]);

/** A node's part in the cluster: who founds it, where its members talk, and with what they prove themselves. */
export const clusterConfigSchema = z.strictObject({
  /** Members of another cluster are not heard. */
  name: nameText,
  /**
   * The machines whose nodes found the cluster, the first of them by deciding when. The same list on all, and of no
   * meaning once the cluster is there. More than nine voters make writes slower and nothing safer: whoever comes on top
   * is taken in later.
   */
  founders: z
    .array(machineName)
    .min(1, "must name at least one founder")
    .max(MAX_FOUNDERS, `must name at most ${MAX_FOUNDERS} founders`),
  /** Votes and keeps the log, but has no copy of the state and never leads. */
  witness: z.boolean().default(false),
  /** Where the Raft log, its snapshots and what gossip must remember lie. */
  directory: path,
  /** This node's address in the network of the cluster. */
  address,
  /** UDP and TCP. `keys`: a file with one key of 32 bytes in base64 per line, the one to send with first; "#" begins a remark. */
  gossip: z.strictObject({ port, keys: path }),
  /** TLS. `pem`: key and chain of this machine; `authority`: what signed those of all members, several while it changes. */
  raft: z.strictObject({ port, pem: path, authority: path }),
  /** The port on which a balancer's agent-check is answered, and who may ask. Absent: nowhere. */
  agentCheck: z.strictObject({ port, balancers: z.array(address) }).optional(),
  discovery,
  /** Of this node; those of equal regions are near each other. */
  region: z
    .string()
    .regex(/^[!-~]{1,64}$/, "must be 1 to 64 letters, digits or signs without spaces")
    .optional(),
  /**
   * How many election timeouts this node waits longer than those of rank 0 before it stands for election: where nodes of
   * a preferred region are alive and hold what was committed, they have mostly won by then. 0 when absent.
   */
  electionRank: z
    .int()
    .min(0, "must be a whole number from 0")
    .max(MAX_ELECTION_RANK, `must be at most ${MAX_ELECTION_RANK}`)
    .optional(),
  heartbeatMs: milliseconds.default(100),
  /** Silence of the leader after which others stand for election; the longest is twice that. */
  electionMs: milliseconds.default(1000),
  /** Silence of a node after which it counts as failed. */
  failureDetectionMs: milliseconds.default(10_000),
  /** Relative share of new sessions under weighted strategies. */
  weight: count.max(256, "must be at most 256").default(1),
});

export type ClusterConfig = z.infer<typeof clusterConfigSchema>;
