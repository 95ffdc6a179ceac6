import * as z from "zod";
import { MAX_ELECTION_RANK } from "../../contract/cluster-config.ts";
import { Bytes } from "../../support/bytes.ts";
import { Duration } from "../../support/duration.ts";
import {
  address,
  bytes,
  cidr,
  domain,
  duration,
  endpoint,
  hop,
  identifier,
  interfaceName,
  name,
  path,
  port,
  user,
} from "./values.ts";

/**
 * The description of a cluster: the single source of the YAML file, the typed props and the reference page.
 *
 * Every section has safe defaults; only name, network, machines and mail.nextHop must be written. Rules that reach across
 * sections are in rules.ts.
 */

const role = z.enum(["balancer", "mail", "database", "cache", "storage", "witness"]);

const machine = z
  .strictObject({
    address: address.describe("the machine's own address, inside network.cidr"),
    roles: z
      .array(role)
      .min(1, "must name at least one role")
      .describe(
        "the tiers this machine is part of; witness: votes, and holds no data, in each with an even number of machines",
      ),
    weight: z
      .int()
      .min(1)
      .max(256)
      .default(10)
      .describe("its share of mail and web sessions against the others"),
    region: name
      .optional()
      .describe(
        "where it stands: mail nodes of one region are near each other, and links to another one are compressed",
      ),
    electionRank: z
      .int()
      .min(0, "must be a whole number from 0")
      .max(MAX_ELECTION_RANK, `must be at most ${MAX_ELECTION_RANK}`)
      .optional()
      .describe(
        "0 (the default) where the leader of the mail nodes is to be; those of rank n wait n election timeouts longer before they stand",
      ),
    ssh: z
      .strictObject({
        host: z.union([address, domain]).optional(),
        port: port.optional(),
        user: user.optional(),
        jump: z.array(hop).optional(),
      })
      .default({})
      .describe("how to reach it when that differs from the section ssh"),
  })
  .describe("one machine");

const network = z.strictObject({
  cidr: cidr.describe("the network that all machines share"),
  vip: address.describe("the address that clients use; it moves between the balancers"),
  interface: interfaceName.optional().describe("found on each machine by its address when not given"),
});

const mail = z.strictObject({
  hostname: domain
    .optional()
    .describe("what the nodes call themselves; default: mail., then the first domain"),
  domains: z.array(domain).default([]).describe("mail for these is accepted from anyone"),
  relayNetworks: z.array(cidr).default([]).describe("clients in these may send anywhere"),
  nextHop: endpoint.describe("where accepted mail goes on to"),
  maxMessageSize: bytes(Bytes.of(64 * 1024), Bytes.mebibytes(512))
    .default("25MiB")
    .describe("a larger message is refused with 552"),
  retry: z
    .strictObject({
      first: duration(Duration.ms(100), Duration.minutes(60))
        .default("30s")
        .describe("wait after the first failure"),
      longest: duration(Duration.ms(100), Duration.minutes(1440))
        .default("30m")
        .describe("the wait doubles up to this"),
      giveUp: duration(Duration.minutes(1), Duration.minutes(20160))
        .default("5d")
        .describe("then the sender is told"),
    })
    .prefault({}),
  failedMail: z
    .strictObject({
      maxSize: bytes(Bytes.mebibytes(1), Bytes.mebibytes(1024 * 1024))
        .optional()
        .describe(
          "how much mail that can be neither delivered nor returned a node keeps, the newest; default: 1GiB",
        ),
      maxAge: duration(Duration.minutes(60), Duration.minutes(525_600))
        .optional()
        .describe("older mail of that kind is removed; default: 30d"),
    })
    .optional(),
  minFreeSpace: bytes(Bytes.mebibytes(1), Bytes.mebibytes(1024 * 1024))
    .optional()
    .describe(
      "while the disk of a node's queue has less left, new mail is refused with 452; default: 256MiB",
    ),
});

const vrrp = z
  .strictObject({
    routerId: z.int().min(1).max(255).default(51).describe("unique on the network segment"),
    // The default is measured: bench/vrrp, docs/decisions/0050-advert-interval.md.
    advertInterval: duration(Duration.ms(100), Duration.seconds(10))
      .default("100ms")
      .describe("how often the holder of the VIP says so"),
    missedAdverts: z
      .int()
      .min(2)
      .max(50)
      .default(8)
      .describe("so many of these that nobody hears move the VIP"),
    preempt: z
      .boolean()
      .default(false)
      .describe("whether the first balancer takes the VIP back when it returns"),
  })
  .prefault({});

const balancer = z
  .strictObject({
    algorithm: z
      .enum(["leastconn", "roundrobin", "source"])
      .default("leastconn")
      .describe("how mail and web sessions are shared out"),
    maxConnections: z
      .int()
      .min(100)
      .max(1_000_000)
      .default(8_000)
      .describe(
        "of one balancer, all listeners together; each takes two of the file descriptors that the system allows",
      ),
    statsUser: identifier
      .default("admin")
      .describe("account of the statistics page; its password is in the vault"),
    hardStopAfter: duration(Duration.seconds(1), Duration.minutes(1440))
      .default("15m")
      .describe(
        "how long running sessions may go on after a reload; 15m or more, or mail on its way would be cut off",
      ),
    vrrp,
  })
  .prefault({});

const database = z
  .strictObject({
    name: identifier.default("mailbastion").describe("of the database that the mail nodes use"),
    user: identifier.default("mailbastion").describe("its account; the password is in the vault"),
    bufferPool: bytes(Bytes.mebibytes(16), Bytes.mebibytes(1024 * 1024))
      .default("128MiB")
      .describe("memory of each node for cached pages"),
    maxConnections: z.int().min(10).max(100_000).default(200).describe("of each node"),
    flushLogAtTrxCommit: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .default(1)
      .describe(
        "1 keeps every committed transaction through a loss of power of all nodes; 0 and 2 may lose a second",
      ),
    suspectTimeout: duration(Duration.ms(500), Duration.minutes(1))
      .default("2s")
      .describe("a member this silent is suspected"),
    inactiveTimeout: duration(Duration.seconds(1), Duration.minutes(2))
      .default("4s")
      .describe("and then excluded"),
  })
  .prefault({});

const cache = z
  .strictObject({
    masterName: identifier.default("mailbastion").describe("the name Sentinel gives to the master"),
    maxMemory: bytes(Bytes.mebibytes(16), Bytes.mebibytes(1024 * 1024))
      .default("256MiB")
      .describe("above it the least recently used keys with a time to live go"),
    // The balancers need up to 1.35 s to hold a master for down that was cut off from its replicas.
    downAfter: duration(Duration.ms(1500), Duration.minutes(5))
      .default("1700ms")
      .describe("a master this silent is held for dead"),
    failoverTimeout: duration(Duration.seconds(1), Duration.minutes(60))
      .default("10s")
      .describe("how long a failover may take before another is tried"),
    maxReplicaLag: duration(Duration.seconds(1), Duration.minutes(5))
      .default("1s")
      .describe("whole seconds, shorter than downAfter"),
  })
  .prefault({});

const storage = z
  .strictObject({
    kind: z
      .literal("glusterfs")
      .default("glusterfs")
      .describe("three replicas of every file, or two and a witness that knows which is right"),
    volume: name.default("quarantine").describe("name of the volume"),
    brickPath: path
      .default("/srv/gluster/quarantine")
      .describe("where a storage machine keeps its copy; never write there"),
    mountPath: path
      .default("/var/spool/mailbastion/quarantine")
      .describe("where the mail machines see the volume"),
  })
  .prefault({});

const tls = z
  .strictObject({
    public: z
      .strictObject({ certificateFile: path, keyFile: path })
      .optional()
      .describe(
        "certificate (with its chain) and key that clients see, on this machine; a lab makes its own",
      ),
  })
  .prefault({});

const platform = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("docker"),
      endpoint: z
        .string()
        .regex(/^(unix|ssh):\/\/[A-Za-z0-9._/@:-]+$/, 'must be "unix:///path" or "ssh://user@host"')
        .default("unix:///var/run/docker.sock"),
    }),
    z.strictObject({ kind: z.literal("hosts") }),
  ])
  .prefault({ kind: "docker" });

const ssh = z
  .strictObject({
    user: user
      .optional()
      .describe(
        "the account to log in with; one that is not root needs sudo; default: ~/.ssh/config, then root",
      ),
    port: port.optional().describe("of sshd on every machine; default: ~/.ssh/config, then 22"),
    jump: z
      .array(hop)
      .optional()
      .describe(
        "jump hosts on the way to every machine, the nearest first; default: ~/.ssh/config; [] for none",
      ),
  })
  .prefault({});

export const clusterSchema = z.strictObject({
  name: name.describe("of the cluster, used in file names and certificates"),
  platform: platform.describe("docker: containers made by Terraform or the lab; hosts: machines that exist"),
  network,
  mail,
  balancer,
  database,
  cache,
  storage,
  tls,
  ssh,
  machines: z.record(name, machine).describe("by name"),
});

/** A description with every default filled in. */
export type ClusterSpec = z.output<typeof clusterSchema>;
/** A description as a person writes it. */
export type ClusterInput = z.input<typeof clusterSchema>;
