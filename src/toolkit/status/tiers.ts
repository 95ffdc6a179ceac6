import type { MailCluster } from "../services/mailnode/members.ts";
import type { Role } from "../topology/topology.ts";
import type { ClusterStatus, MachineStatus } from "./cluster-status.ts";
import { ago, size } from "./lengths.ts";

/** One field of a row, and how it is to be taken. */
export interface Cell {
  readonly text: string;
  readonly mood?: "good" | "bad" | "doubtful";
}

/** One table: the machines of a role, or all. */
export interface Tier {
  readonly title: string;
  readonly role?: Role;
  readonly columns: readonly string[];
  row(machine: MachineStatus): readonly Cell[];
}

/** The tables of a status, in the order of the way that mail takes. */
export function tiers(status: ClusterStatus): readonly Tier[] {
  return [machines, balancers(status), mail, database, cache(status), storage, witness(status)];
}

const machines: Tier = {
  title: "machines",
  columns: ["address", "services", "drain", "up", "load", "memory free", "/var free", "clock"],
  row: ({ address, services, marks, facts, clock }) => {
    const failing = services.filter(({ isWorking }) => !isWorking).map(({ service }) => service);
    return [
      plain(address),
      failing.length === 0
        ? good(`${services.length} work`)
        : bad(`${failing.join(", ")} ${failing.length === 1 ? "fails" : "fail"}`),
      marks?.own ? doubtful(marks.own.work === "maintenance" ? "maintenance" : "drained") : plain(""),
      plain(facts ? ago(facts.uptimeSeconds) : "?"),
      plain(facts ? `${facts.load.toFixed(1)}/${facts.processors}` : "?"),
      plain(facts ? `${percent(facts.memory.available, facts.memory.total)}` : "?"),
      plain(facts ? `${percent(facts.disk.available, facts.disk.total)}` : "?"),
      plain(clock ? `${signed(clock.aheadMs)} ms` : "?"),
    ];
  },
};

function balancers({ vipHolders, machines: all }: ClusterStatus): Tier {
  const proxies = [
    ...new Set(all.flatMap(({ evidence }) => evidence.haproxy?.servers.map(({ proxy }) => proxy) ?? [])),
  ];
  return {
    title: "balancers",
    role: "balancer",
    columns: ["vip", "haproxy", ...proxies, "writer", "mail sessions", "connections", "old processes"],
    row: (machine) => {
      const found = machine.evidence.haproxy;
      const isHolder = vipHolders.includes(machine.machine);
      return [
        isHolder ? (vipHolders.length === 1 ? good("holds") : bad("holds")) : plain(""),
        working(machine, "haproxy"),
        ...proxies.map((proxy) => {
          const servers = found?.servers.filter((server) => server.proxy === proxy) ?? [];
          const usable = servers.filter(({ isUp, admin }) => isUp && admin === "ready");
          // Of the cache one is up, the master: its name says more than a count.
          if (proxy === "cache") return usable.length === 1 ? good(usable[0]!.server) : bad(names(usable));
          const text = `${usable.length}/${servers.length}`;
          if (usable.length === 0) return bad(text);
          return usable.length === servers.length ? good(text) : doubtful(text);
        }),
        plain(found?.writer ?? "none"),
        plain(found ? String(mailSessions(found.servers)) : "?"),
        plain(found ? String(found.connections) : "?"),
        plain(found && found.oldWorkers.length > 0 ? String(found.oldWorkers.length) : ""),
      ];
    },
  };
}

const mail: Tier = {
  title: "mail nodes",
  role: "mail",
  columns: ["state", "version", "health", "queue", "oldest", "cluster", "leader", "term", "lag"],
  row: ({ evidence: { mailnode: found } }) =>
    found
      ? [
          found.isReady ? good("takes mail") : found.isDraining ? doubtful("draining") : bad("takes no mail"),
          plain(found.version || "?"),
          found.isHealthy ? good("well") : doubtful(found.failures.join(", ")),
          plain(String(found.queue.messages)),
          plain(found.queue.messages > 0 ? ago(found.queue.oldestSeconds) : ""),
          ...mailCluster(found.cluster),
        ]
      : [bad("no answer")],
};

/** What one node sees of the cluster, its own state in it first. */
function mailCluster(cluster: MailCluster | undefined): readonly Cell[] {
  if (!cluster) return [doubtful("none")];
  const { state, status, standing, leader, term, lag } = cluster;
  const text = `${state}, ${status}`;
  const isWell = standing !== undefined && state === "active" && status === "healthy";
  return [
    isWell ? good(text) : doubtful(standing === undefined ? `${text}, no member` : text),
    leader === null ? bad("nobody") : plain(leader),
    plain(String(term)),
    plain(String(lag)),
  ];
}

const database: Tier = {
  title: "database",
  role: "database",
  columns: ["component", "state", "ready", "connected", "size", "history", "position", "sessions"],
  row: ({ evidence: { galera: found } }) =>
    found
      ? [
          found.clusterStatus === "Primary" ? good("Primary") : bad(found.clusterStatus || "none"),
          found.localState === "Synced" ? good("Synced") : doubtful(found.localState || "none"),
          found.isReady ? good("yes") : bad("no"),
          found.isConnected ? good("yes") : bad("no"),
          plain(String(found.clusterSize)),
          plain(found.stateUuid.slice(0, 8)),
          plain(found.lastCommitted),
          plain(String(found.connections)),
        ]
      : [bad("no answer")],
};

function cache(status: ClusterStatus): Tier {
  const byAddress = new Map(status.machines.map(({ address, machine }) => [address, machine]));
  const nameOf = (address: string | undefined) =>
    address === undefined ? "nobody" : (byAddress.get(address) ?? address);
  return {
    title: "cache",
    role: "cache",
    columns: ["role", "link", "offset", "memory", "sentinel names", "quorum"],
    row: ({ evidence: { redis, sentinel } }) => [
      ...(redis
        ? [
            plain(redis.role),
            redis.master
              ? redis.master.isLinked
                ? good(`to ${nameOf(redis.master.address)}`)
                : bad(`none to ${nameOf(redis.master.address)}`)
              : plain(`${redis.freshReplicas} follow`),
            plain(String(redis.offset)),
            plain(size(redis.usedMemory)),
          ]
        : [bad("no answer"), plain(""), plain(""), plain("")]),
      ...(sentinel
        ? [
            plain(nameOf(sentinel.master)),
            sentinel.hasQuorum ? good(`${sentinel.otherSentinels + 1} Sentinels`) : bad("none"),
          ]
        : [bad("no answer")]),
    ],
  };
}

const storage: Tier = {
  title: "storage",
  role: "storage",
  columns: ["peers", "bricks", "to heal", "split-brain"],
  row: ({ evidence: { glusterfs: found } }) =>
    found
      ? [
          share(found.peers.filter(({ isConnected }) => isConnected).length, found.peers.length, "connected"),
          share(found.bricks.filter(({ isOnline }) => isOnline).length, found.bricks.length, "online"),
          found.heal ? counted(found.heal.pending, "doubtful") : doubtful("not asked"),
          found.heal ? counted(found.heal.splitBrain, "bad") : plain(""),
        ]
      : [bad("no answer")],
};

/** What holds no data and votes: of each tier what the witness says of it. */
function witness({ machines: all }: ClusterStatus): Tier {
  const byAddress = new Map(all.map(({ address, machine }) => [address, machine]));
  return {
    title: "witness",
    role: "witness",
    columns: ["mail nodes", "leader", "database", "sentinel names", "quorum", "bricks"],
    row: (machine) => {
      const { mailnode, sentinel, glusterfs } = machine.evidence;
      const cluster = mailnode?.cluster;
      const online = glusterfs?.bricks.filter(({ isOnline }) => isOnline).length;
      return [
        cluster?.standing === "witness" ? good("votes") : plain(mailnode ? "no member" : ""),
        cluster ? (cluster.leader === null ? bad("nobody") : plain(cluster.leader)) : plain(""),
        voting(machine, "arbitrator"),
        plain(sentinel ? (byAddress.get(sentinel.master ?? "") ?? sentinel.master ?? "nobody") : ""),
        sentinel
          ? sentinel.hasQuorum
            ? good(`${sentinel.otherSentinels + 1} Sentinels`)
            : bad("none")
          : plain(""),
        glusterfs ? share(online!, glusterfs.bricks.length, "online") : plain(""),
      ];
    },
  };
}

function voting({ services }: MachineStatus, name: string): Cell {
  const service = services.find((candidate) => candidate.service === name);
  if (!service) return plain("");
  return service.isWorking ? good("votes") : bad("votes not");
}

function mailSessions(servers: readonly { readonly proxy: string; readonly sessions: number }[]): number {
  return servers
    .filter(({ proxy }) => ["smtp", "submission", "submissions"].includes(proxy))
    .reduce((sum, { sessions }) => sum + sessions, 0);
}

function working({ services }: MachineStatus, name: string): Cell {
  const service = services.find((candidate) => candidate.service === name);
  if (!service) return plain("");
  return service.isWorking ? good("ok") : bad("fails");
}

function share(part: number, whole: number, word: string): Cell {
  const text = `${part}/${whole} ${word}`;
  return part === whole ? good(text) : bad(text);
}

function counted(count: number, mood: "bad" | "doubtful"): Cell {
  return count === 0 ? good("0") : { text: String(count), mood };
}

function names(servers: readonly { readonly server: string }[]): string {
  return servers.map(({ server }) => server).join(", ") || "none";
}

function percent(part: number, whole: number): string {
  return whole > 0 ? `${Math.round((100 * part) / whole)} %` : "?";
}

function signed(amount: number): string {
  return amount > 0 ? `+${amount}` : String(amount);
}

const plain = (text: string): Cell => ({ text });
const good = (text: string): Cell => ({ text, mood: "good" });
const bad = (text: string): Cell => ({ text, mood: "bad" });
const doubtful = (text: string): Cell => ({ text, mood: "doubtful" });
