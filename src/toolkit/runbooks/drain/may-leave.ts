import { MAX_SESSIONS } from "../../services/mailnode/config.ts";
import { votes } from "../../services/mailnode/members.ts";
import { MAIL_LISTENERS } from "../../services/haproxy/paths.ts";
import { replicasToWrite } from "../../services/redis/settings.ts";
import type { Machine, Role, Topology } from "../../topology/topology.ts";
import { votersIn, votesIn } from "../../topology/voters.ts";
import type { BalancerSurvey, MachineSurvey, ServerSurvey } from "../survey/machine.ts";
import { mailClusterOf } from "../survey/mail-leader.ts";
import { fault, type Objection } from "./objections.ts";

type Surveys = ReadonlyMap<string, MachineSurvey>;

/** What speaks against going on without the machine: what the others could not do any more, and by how much. */
export function objectionsToLeaving(
  topology: Topology,
  machine: Machine,
  surveys: Surveys,
): readonly Objection[] {
  const rest = [...surveys.values()].filter((other) => other.machine.name !== machine.name && !other.mark);
  const missing = topology.machines.filter(
    ({ name }) => name !== machine.name && !rest.some((other) => other.machine.name === name),
  );
  const reasons = missing.map((one) => reasonFor(one, surveys));
  const why = because(reasons);
  const has = (role: Role) => machine.roles.includes(role);
  return [
    ...(has("mail") ? lastMailNode(machine, rest, surveys, why) : []),
    ...(has("mail") ? capacity(rest, surveys) : []),
    ...(votesIn(topology, machine, "mail") ? mailQuorum(machine, surveys, why) : []),
    ...(has("balancer") ? lastBalancer(machine, rest, reasons) : []),
    ...(votesIn(topology, machine, "database") ? databaseQuorum(topology, rest, why) : []),
    ...(votesIn(topology, machine, "cache") ? cacheQuorum(topology, rest, why) : []),
    ...(votesIn(topology, machine, "storage") ? storageWhole(topology, machine, surveys) : []),
  ];
}

const MEND = "let mbctl status say what is wrong and mend it first";

function reasonFor({ name }: Machine, surveys: Surveys): string {
  const mark = surveys.get(name)?.mark;
  return mark ? `${name} is drained by ${mark.owner}` : `${name} cannot be reached`;
}

function because(reasons: readonly string[]): string {
  return reasons.length === 0 ? "" : ` (${reasons.join(", ")})`;
}

/** What the others say of themselves is not enough: a balancer sends nothing to a server that it was told to leave out. */
function lastMailNode(
  { name }: Machine,
  rest: readonly MachineSurvey[],
  surveys: Surveys,
  why: string,
): readonly Objection[] {
  const objection = (sentence: string) => fault("DRAIN_LAST", sentence, MEND, true);
  if (!rest.some(takesMail)) return [objection(`no other mail node than ${name} takes mail${why}`)];
  return [...surveys.values()].flatMap(({ machine, balancer }) => {
    const alone = balancer ? listenersWithout(name, balancer.servers) : [];
    if (alone.length === 0) return [];
    return [
      objection(
        `${machine.name} has no other server than that of ${name} that is up and not drained for ${alone.join(", ")}`,
      ),
    ];
  });
}

/** The mail listeners that have a server on the machine, and on no other one a server that gets sessions. */
function listenersWithout(name: string, servers: readonly ServerSurvey[]): readonly string[] {
  return MAIL_LISTENERS.filter((listener) => {
    const own = servers.filter((server) => server.listener === listener);
    return (
      own.some(({ machine }) => machine === name) &&
      !own.some(({ machine, isUp, isDrained }) => machine !== name && isUp && !isDrained)
    );
  });
}

function takesMail({ mailNode }: MachineSurvey): boolean {
  return mailNode?.answer?.ready === true;
}

function lastBalancer(
  { name }: Machine,
  rest: readonly MachineSurvey[],
  reasons: readonly string[],
): readonly Objection[] {
  const faults = rest.flatMap((other) => (other.balancer ? [vipFault(other, other.balancer)] : []));
  if (faults.includes(undefined)) return [];
  const all = because([...faults.filter((one) => one !== undefined), ...reasons]);
  const sentence = `no other balancer than ${name} could bear the VIP${all}`;
  return [fault("DRAIN_LAST", sentence, MEND, true)];
}

/** Why the balancer would not take the VIP; undefined where nothing keeps it from it. */
function vipFault({ machine: { name }, hasVipMark }: MachineSurvey, balancer: BalancerSurvey) {
  if (hasVipMark) return `${name} has the mark by which it stands back`;
  if (balancer.isKeepalivedDown) return `keepalived does not run on ${name}`;
  return balancer.answers ? undefined : `the HAProxy of ${name} does not answer`;
}

/** Each port of a node holds so many sessions; what is open now on all of them must fit into the others. */
function capacity(rest: readonly MachineSurvey[], surveys: Surveys): readonly Objection[] {
  const nodes = rest.filter(takesMail).length;
  const servers = [...surveys.values()].flatMap(({ balancer }) => balancer?.servers ?? []);
  return MAIL_LISTENERS.filter((listener) => listener !== "console").flatMap((listener) => {
    const open = servers
      .filter((server) => server.listener === listener)
      .reduce((sum, { sessions }) => sum + sessions, 0);
    const room = nodes * MAX_SESSIONS;
    if (nodes === 0 || open <= room) return [];
    const sentence = `${open} ${listener} sessions are open, and the other mail nodes hold ${room}: ${open - room} too few`;
    return [fault("DRAIN_CAPACITY", sentence, "wait for a quieter hour", true)];
  });
}

/**
 * Members that are drained have their say all the same, so they count; those in maintenance may be switched off. Mail is
 * taken without a majority, so a person may decide otherwise.
 */
function mailQuorum(machine: Machine, surveys: Surveys, why: string): readonly Objection[] {
  const voters = mailClusterOf(surveys)?.members.filter(votes) ?? [];
  if (!voters.some(({ node }) => node === machine.name)) return [];
  const left = [...surveys.values()].filter(
    ({ machine: { name }, mark, mailNode }) =>
      name !== machine.name &&
      mark?.work !== "maintenance" &&
      voters.some(({ node, id }) => node === name && id === mailNode?.cluster?.member),
  );
  const needed = majority(voters.length);
  if (left.length >= needed) return [];
  const sentence = `of ${voters.length} members of the mail nodes' cluster ${named(left)} would be left, and ${needed} are needed for a majority${why}`;
  return [fault("DRAIN_QUORUM", sentence, MEND, true)];
}

/** Never forced: one failure more, and the database stops for everyone. An arbitrator's vote counts like a member's. */
function databaseQuorum(
  topology: Topology,
  rest: readonly MachineSurvey[],
  why: string,
): readonly Objection[] {
  const all = votersIn(topology, "database").length;
  const inService = rest.filter(({ member, arbitrator }) => member?.inService || arbitrator?.votes);
  const needed = majority(all);
  if (inService.length >= needed) return [];
  const sentence = `of ${all} database members ${named(inService)} would be left in service, and ${needed} are needed for a majority${why}`;
  return [fault("DRAIN_QUORUM", sentence, MEND, false)];
}

/** A master may need a replica that follows it, or it takes no writes; Sentinels need a majority to choose one. */
function cacheQuorum(topology: Topology, rest: readonly MachineSurvey[], why: string): readonly Objection[] {
  const all = votersIn(topology, "cache").length;
  if (all === 1) return [];
  const inSync = rest.filter(({ cache }) => cache?.isInSync);
  const sentinels = rest.filter(({ sentinel }) => sentinel?.hasQuorum);
  const replicas = replicasToWrite(topology);
  const objection = (sentence: string) => fault("DRAIN_QUORUM", `${sentence}${why}`, MEND, true);
  return [
    ...(inSync.length < 1 + replicas
      ? [
          objection(
            `${named(inSync)} would be left of the caches in sync, and ${replicas > 0 ? `a master needs ${replicas === 1 ? "a replica" : `${replicas} replicas`}` : "one must be the master"}`,
          ),
        ]
      : []),
    ...(sentinels.length < majority(all)
      ? [
          objection(
            `${named(sentinels)} of ${all} Sentinels would be left that reach a quorum, and ${majority(all)} are needed`,
          ),
        ]
      : []),
  ];
}

/** Empty unless the storage was asked. A file that waits to be healed may have its newest copy on this machine. */
function storageWhole(topology: Topology, machine: Machine, surveys: Surveys): readonly Objection[] {
  const asked = [...surveys.values()].some(({ storage }) => storage !== undefined);
  if (!asked) return [];
  return votersIn(topology, "storage")
    .filter(({ name }) => name !== machine.name)
    .flatMap(({ name }) => {
      const wrong = surveys.has(name) ? (surveys.get(name)!.storage?.fault ?? "") : "it cannot be reached";
      if (wrong === "") return [];
      const sentence = `the storage of ${name} is not whole: ${wrong}`;
      return [fault("DRAIN_STORAGE", sentence, MEND, true)];
    });
}

function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

function named(surveys: readonly MachineSurvey[]): string {
  return surveys.length === 0 ? "none" : `only ${surveys.map(({ machine }) => machine.name).join(" and ")}`;
}
