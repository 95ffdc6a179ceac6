import { parseDrainMark, type DrainMark } from "../../../contract/drain-mark.ts";
import { readySchema, type Ready } from "../../../contract/health.ts";
import { parseMailCluster, type MailCluster } from "../../services/mailnode/members.ts";
import { sections } from "../../services/sections.ts";
import type { Answer } from "../../steps/command.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { isWitnessIn, votesIn } from "../../topology/voters.ts";

/** What one machine said of itself. */
export interface MachineSurvey {
  readonly machine: Machine;
  /** The mark that drains it. */
  readonly mark: DrainMark | undefined;
  readonly hasVipMark: boolean;
  /** By address. */
  readonly bearsVip: boolean;
  /** Absent where the machine has not the role. */
  readonly balancer?: BalancerSurvey;
  readonly member?: MemberSurvey;
  readonly cache?: CacheSurvey;
  /** Of every Sentinel, also one without a cache. */
  readonly sentinel?: SentinelSurvey;
  /** Of a witness: whether its arbitrator is part of the database's primary component. */
  readonly arbitrator?: { readonly votes: boolean };
  readonly mailNode?: MailNodeSurvey;
  /** Asked only where something is to be stopped: what is wrong with the machine's storage, "" when nothing is. */
  readonly storage?: { readonly fault: string };
}

export interface BalancerSurvey {
  /** Whether its HAProxy is there to be told anything. */
  readonly answers: boolean;
  /** Whether it has the files that keep a drain over a restart. */
  readonly isPrepared: boolean;
  /** Whether its keepalived is stopped: so it never bears the VIP. */
  readonly isKeepalivedDown: boolean;
  /** The machines that it was told are drained. */
  readonly marks: ReadonlyMap<string, DrainMark>;
  readonly servers: readonly ServerSurvey[];
}

export interface MailNodeSurvey {
  /** What it answers to the question whether it takes mail; undefined when nobody answers. */
  readonly answer: Ready | undefined;
  /** What it says of the mail nodes' cluster; absent when it says nothing. */
  readonly cluster?: MailCluster;
}

/** A server of a listener, as one balancer sees it. */
export interface ServerSurvey {
  readonly listener: string;
  readonly machine: string;
  /** Of all its processes together. */
  readonly sessions: number;
  readonly isUp: boolean;
  readonly isDrained: boolean;
}

export interface MemberSurvey {
  /** All four: primary, synced, ready, connected. */
  readonly inService: boolean;
  /** It gives a copy to a joiner just now. */
  readonly isDonor: boolean;
  /** A copy of all data to it has begun and not ended, as the mark in its folder says. */
  readonly isCopiedTo: boolean;
}

export interface CacheSurvey {
  readonly role: "master" | "replica" | "none";
  /** A replica whose link to its master is up and that has copied everything, or a master. */
  readonly isInSync: boolean;
}

export interface SentinelSurvey {
  /** The address that the machine's Sentinel names as master; absent when it does not answer. */
  readonly master: string | undefined;
  /** Whether its Sentinel could bring about a failover. */
  readonly hasQuorum: boolean;
}

/** Reads the answers of the survey, in the order of the topology. A machine that could not be asked is left out. */
export function parseSurvey(
  topology: Topology,
  answers: ReadonlyMap<string, Answer>,
): ReadonlyMap<string, MachineSurvey> {
  return new Map(
    topology.machines.flatMap((machine) => {
      const answer = answers.get(machine.name);
      return answer ? [[machine.name, parseMachine(topology, machine, answer)] as const] : [];
    }),
  );
}

function parseMachine(topology: Topology, machine: Machine, { stdout }: Answer): MachineSurvey {
  const part = sections(stdout);
  const has = (role: Machine["roles"][number]) => machine.roles.includes(role);
  const storage = part("storage").trim();
  return {
    machine,
    mark: part("drained").trim() === "" ? undefined : parseDrainMark(part("drained")),
    hasVipMark: part("vip-mark").trim() === "yes",
    bearsVip: part("vip").trim() !== "",
    ...(has("balancer") && { balancer: parseBalancer(part) }),
    ...(has("database") && { member: parseMember(part) }),
    ...(has("cache") && { cache: parseCache(part) }),
    ...(votesIn(topology, machine, "cache") && { sentinel: parseSentinel(part) }),
    ...(isWitnessIn(topology, machine, "database") && {
      arbitrator: { votes: part("arbitrator").trim() === "votes" },
    }),
    ...(votesIn(topology, machine, "mail") && { mailNode: parseMailNode(part) }),
    ...(storage !== "" && { storage: { fault: storage === "ok" ? "" : storage } }),
  };
}

function parseBalancer(part: (name: string) => string): BalancerSurvey {
  const marks = lines(part("drains")).map((line) => {
    const space = line.indexOf(" ");
    return [line.slice(0, space), parseDrainMark(line.slice(space + 1))] as const;
  });
  const administrative = new Map<string, number>(
    lines(part("servers")).map((line) => {
      const [listener, machine, state] = line.split(" ");
      return [`${listener}/${machine}`, Number(state)] as const;
    }),
  );
  const rows = lines(part("sessions")).map((line) => line.split(" "));
  const servers = new Map<string, ServerSurvey>();
  for (const [listener = "", machine = "", sessions, ...status] of rows) {
    if (machine === "FRONTEND" || machine === "BACKEND" || !administrative.has(`${listener}/${machine}`))
      continue;
    const key = `${listener}/${machine}`;
    // The present process comes first: what those that a reload left behind think of a server is old.
    const known = servers.get(key);
    servers.set(key, {
      listener,
      machine,
      sessions: (known?.sessions ?? 0) + Number(sessions),
      isUp: known?.isUp ?? (status.join(" ").startsWith("UP") || status.join(" ").startsWith("DRAIN")),
      isDrained: ((administrative.get(key) ?? 0) & DRAINED_BY_SOMEBODY) !== 0,
    });
  }
  return {
    answers: servers.size > 0,
    isPrepared: part("prepared").trim() === "yes",
    isKeepalivedDown: part("keepalived").trim() === "no",
    marks: new Map(marks),
    servers: [...servers.values()],
  };
}

/** SRV_ADMF_FDRAIN in the administrative state of a server (HAProxy management guide 9.3, "show servers state"). */
const DRAINED_BY_SOMEBODY = 8;

function parseMember(part: (name: string) => string): MemberSurvey {
  const values = new Map(lines(part("member")).map((line) => line.split("\t") as [string, string]));
  const state = values.get("wsrep_local_state_comment") ?? "";
  const inService =
    values.get("wsrep_cluster_status") === "Primary" &&
    state === "Synced" &&
    values.get("wsrep_ready") === "ON" &&
    values.get("wsrep_connected") === "ON";
  return {
    inService,
    isDonor: state.startsWith("Donor"),
    isCopiedTo: part("copying").trim() === "yes",
  };
}

function parseCache(part: (name: string) => string): CacheSurvey {
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, "m").exec(part("cache"))?.[1];
  const role = { master: "master", slave: "replica" }[field("role") ?? ""] as CacheSurvey["role"] | undefined;
  const follows = field("master_link_status") === "up" && field("master_sync_in_progress") === "0";
  return { role: role ?? "none", isInSync: role === "master" || (role === "replica" && follows) };
}

function parseSentinel(part: (name: string) => string): SentinelSurvey {
  const master = part("master").trim();
  return {
    master: /^[\d.]+$/.test(master) ? master : undefined,
    hasQuorum: part("quorum").startsWith("OK "),
  };
}

function parseMailNode(part: (name: string) => string): MailNodeSurvey {
  const cluster = parseMailCluster(part("mailcluster"));
  return { answer: parseReady(part("mailnode")), ...(cluster && { cluster }) };
}

function parseReady(text: string): Ready | undefined {
  try {
    return readySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function lines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
