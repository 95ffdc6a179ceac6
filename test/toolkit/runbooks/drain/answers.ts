import { serializeDrainMark, type DrainMark } from "../../../../src/contract/drain-mark.ts";
import type { ClusterPart } from "../../../../src/contract/cluster-status.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Machine, Topology } from "../../../../src/toolkit/topology/topology.ts";
import { votersIn } from "../../../../src/toolkit/topology/voters.ts";
import { clusterPart, healthWith, memberOf } from "../../services/mailnode/a-cluster.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

/** What is otherwise on one machine than on a machine of a cluster in which all is well. */
export interface Change {
  readonly mark?: DrainMark;
  readonly hasVipMark?: boolean;
  readonly bearsVip?: boolean;
  /** What the balancer was told, by machine. */
  readonly drains?: Readonly<Record<string, DrainMark>>;
  readonly isPrepared?: boolean;
  readonly isHaproxyDown?: boolean;
  readonly isKeepalivedDown?: boolean;
  /** Machines whose servers the balancer finds down. */
  readonly isDeafTo?: readonly string[];
  /** Lines of the present process and those before it: "smtp node-1 3 UP". */
  readonly sessions?: readonly string[];
  /** Server by administrative state: "smtp/node-1" is 8 when drained. */
  readonly states?: Readonly<Record<string, number>>;
  readonly member?: "Synced" | "Donor/Desynced" | "Joining" | "down";
  /** The mark of a copy lies on the machine of its running member. */
  readonly isCopiedTo?: boolean;
  readonly cache?: "master" | "replica" | "syncing" | "down";
  readonly hasQuorum?: boolean;
  /** Of a witness: whether its arbitrator is in the primary component. */
  readonly votes?: boolean;
  readonly mailNode?: object | "down";
  /** What the mail node says of the mail nodes' cluster; "none" of one that says nothing. */
  readonly cluster?: Partial<ClusterPart> | "none";
  readonly storage?: string;
}

/** A machine that cannot be reached. */
export const AWAY = "away";

export const LISTENERS = ["smtp", "submission", "submissions", "console"] as const;

export const markOf = (changes: Partial<DrainMark> = {}): DrainMark => ({
  machine: "node-2",
  owner: "eve@desk",
  reason: "",
  at: "2026-11-22T18:00:00.000Z",
  run: "20261122-1800-abcd",
  work: "drain",
  ...changes,
});

/** What every machine answers to the survey. node-1 bears the VIP and has the master of the cache. */
export function answersOf(
  changes: Readonly<Record<string, Change | typeof AWAY>> = {},
  topology: Topology = threeMachines,
): ReadonlyMap<string, Answer> {
  const master = topology.machines.find(({ name }) => {
    const change = changes[name];
    return change !== AWAY && change?.cache === "master";
  });
  return new Map(
    topology.machines.flatMap((machine) => {
      const change = changes[machine.name] ?? {};
      if (change === AWAY) return [];
      const stdout = answerOf(topology, machine, change, master ?? topology.machines[0]!);
      return [[machine.name, { code: 0, stdout, stderr: "" }] as const];
    }),
  );
}

function answerOf(topology: Topology, machine: Machine, change: Change, master: Machine): string {
  const isFirst = machine === topology.machines[0];
  const { bearsVip = isFirst, isPrepared = true, hasQuorum = true, member = "Synced" } = change;
  const { mailNode = { ready: true, node: machine.name }, sessions = [], states = {} } = change;
  const cache = change.cache ?? (machine === master ? "master" : "replica");
  const servers = LISTENERS.flatMap((listener) => topology.machines.map(({ name }) => `${listener} ${name}`));
  const status = (server: string) => (change.isDeafTo?.includes(server.split(" ")[1]!) ? "DOWN" : "UP");
  const lines = [
    `@drained\n${change.mark ? serializeDrainMark(change.mark) : ""}`,
    `@vip-mark\n${change.hasVipMark ? "yes\n" : ""}`,
    `@vip\n${bearsVip ? `2: eth0    inet ${topology.network.vip}/32 scope global eth0\n` : ""}`,
  ];
  if (machine.roles.includes("balancer"))
    lines.push(
      `@drains\n${Object.entries(change.drains ?? {})
        .map(([name, mark]) => `${name} ${serializeDrainMark(mark)}`)
        .join("")}`,
      `@prepared\n${isPrepared ? "yes\n" : ""}`,
      `@keepalived\n${change.isKeepalivedDown ? "no" : "yes"}\n`,
      ...(change.isHaproxyDown
        ? ["@sessions\n", "@servers\n"]
        : [
            `@sessions\n${[...servers.map((server) => `${server} 0 ${status(server)}`), ...sessions].join("\n")}\n`,
            `@servers\n${servers.map((server) => `${server} ${states[server.replace(" ", "/")] ?? 0}`).join("\n")}\n`,
          ]),
    );
  const said = `wsrep_cluster_status\tPrimary\nwsrep_local_state_comment\t${member}\nwsrep_ready\tON\nwsrep_connected\tON\n`;
  const link = { replica: "up", syncing: "down" }[cache as string];
  lines.push(
    `@member\n${member === "down" ? "" : said}`,
    `@copying\n${change.isCopiedTo ? "yes\n" : ""}`,
    cache === "down"
      ? "@cache\n"
      : `@cache\nrole:${cache === "master" ? "master" : "slave"}\nmaster_link_status:${link ?? ""}\nmaster_sync_in_progress:0\n`,
    `@master\n${cache === "down" ? "Could not connect to Redis" : master.address}\n`,
    ...(machine.roles.includes("witness") ? [`@arbitrator\n${change.votes === false ? "" : "votes\n"}`] : []),
    `@quorum\n${hasQuorum ? "OK 3 usable Sentinels. Quorum and failover authorization can be reached" : "NOQUORUM 1 usable Sentinels."}\n`,
    `@mailnode\n${mailNode === "down" ? "" : `${JSON.stringify(mailNode)}\n`}`,
    `@mailcluster\n${mailNode === "down" || change.cluster === "none" ? "" : clusterOf(topology, machine, change.cluster)}\n`,
    ...(change.storage === undefined ? [] : [`@storage\n${change.storage}\n`]),
  );
  return lines.join("");
}

/** One that knows all mail nodes of the topology as members. */
function clusterOf(topology: Topology, { name }: Machine, changes: Partial<ClusterPart> = {}): string {
  const members = votersIn(topology, "mail").map((machine) => ({
    ...memberOf(machine.name),
    ...(machine.roles.includes("witness") && { standing: "witness" as const }),
  }));
  return JSON.stringify(healthWith(name, clusterPart(name, { members, ...changes })));
}
