/**
 * The ports of a cluster. The balancers bind the VIP and services their machine's own address, so that a
 * service has the same port in front and behind.
 */
export const PORTS = {
  smtp: 25,
  submissions: 465,
  submission: 587,
  /** The mail node's console and health, TLS with the cluster's own certificates behind the balancer. */
  console: 443,
  database: 3306,
  galera: 4567,
  galeraIst: 4568,
  galeraSst: 4444,
  /** Tells the balancers over HTTP whether a database node may be written to. */
  databaseCheck: 9200,
  cache: 6379,
  sentinel: 26379,
  haproxyStats: 8404,
  haproxyMetrics: 8405,
  haproxyPeers: 10000,
  glusterd: 24007,
  /** The first of the ports that GlusterFS gives to bricks, one per brick. */
  glusterBricks: 49152,
  /** UDP and TCP: who seems alive among the mail nodes. */
  gossip: 7946,
  /** UDP: who is there, asked of the whole local network. */
  discovery: 7947,
  /** TLS between the mail nodes: their replicated log. */
  raft: 7948,
  /** Tells a balancer how much a mail node can take. */
  agentCheck: 7949,
  ssh: 22,
} as const;
