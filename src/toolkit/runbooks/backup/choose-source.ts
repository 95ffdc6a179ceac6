import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { UserError } from "../../../support/errors.ts";
import { galeraEvidence, type GaleraEvidence } from "../../services/galera/evidence.ts";
import { askForWriter, parseWriter } from "../../services/haproxy/writer.ts";
import { redisEvidence, type RedisEvidence } from "../../services/redis/evidence.ts";
import { answersOf, askAll } from "../../steps/ask-all.ts";
import { ask, script, type Answer, type Command } from "../../steps/command.ts";
import { machineNamed, machinesWith, type Machine, type Topology } from "../../topology/topology.ts";

/** From where a backup is taken. */
export interface Source<Evidence> {
  readonly machine: Machine;
  readonly evidence: Evidence;
}

/** What one machine is asked before a backup. */
export function askSource(topology: Topology, name: string): Command {
  const machine = machineNamed(topology, name);
  const questions = new Map([
    ["drained", ask(script(`cat "$1" 2>/dev/null || true`, [DRAIN_MARKS.drained]))],
  ]);
  if (machine.roles.includes("balancer")) questions.set("writer", askForWriter());
  if (machine.roles.includes("database"))
    questions.set("database", galeraEvidence.command(topology, machine));
  if (machine.roles.includes("cache")) questions.set("cache", redisEvidence.command(topology, machine));
  return askAll(questions);
}

/**
 * The database member that a backup is taken from: in service, not drained, and not the one that is written to, which
 * has enough to do. Of two clusters at once nothing here can tell which one is right. A person may name another member.
 * Throws BACKUP_NO_SOURCE.
 */
export function databaseSource(
  topology: Topology,
  answers: ReadonlyMap<string, Answer>,
  from: string | undefined,
): Source<GaleraEvidence> {
  const writers = new Set(
    machinesWith(topology, "balancer").map(
      ({ name }) => parseWriter(part(answers, name, "writer") ?? NOTHING).writer,
    ),
  );
  const asked = machinesWith(topology, "database").map((machine) => {
    const answer = part(answers, machine.name, "database");
    return { machine, evidence: answer && galeraEvidence.parse(answer) };
  });
  const histories = new Set(
    asked.flatMap(({ evidence }) => (evidence?.clusterStatus === "Primary" ? [evidence.stateUuid] : [])),
  );
  const members = asked.map(({ machine, evidence }) => {
    const fault =
      faultOf(evidence, isDrained(answers, machine.name)) ||
      (machine.name === from ? "" : objectionTo(evidence!, writers.has(machine.name), histories.size));
    return { machine, evidence, fault };
  });
  // The first one is the writer while nobody has connected yet.
  const chosen = members.findLast(
    ({ machine, fault }) => fault === "" && (from ?? machine.name) === machine.name,
  );
  if (chosen?.evidence) return { machine: chosen.machine, evidence: chosen.evidence };
  const faults = members
    .filter(({ machine }) => (from ?? machine.name) === machine.name)
    .map(({ machine, fault }) => `${machine.name} ${fault}`);
  throw new UserError(
    "BACKUP_NO_SOURCE",
    `no database machine can be copied: ${faults.join("; ") || `${from} is none`}`,
    "mbctl status says what is wrong; to copy the writer, or one of two clusters, all the same, name the machine with --from",
  );
}

/** Why a member cannot be copied; "" where it can. */
function faultOf(evidence: GaleraEvidence | undefined, drained: boolean): string {
  if (!evidence) return "does not answer";
  const { clusterStatus, localState, isReady, isConnected } = evidence;
  if (clusterStatus !== "Primary" || !isReady || !isConnected) return "is in no primary component";
  if (localState !== "Synced") return `is ${localState}`;
  return drained ? "is drained" : "";
}

/** Why it is not copied unless a person names it; "" where nothing is against it. */
function objectionTo({ stateUuid }: GaleraEvidence, isWriter: boolean, clusters: number): string {
  if (clusters > 1) return `is in one of ${clusters} clusters at once, that of the history ${stateUuid}`;
  return isWriter ? "is the one that is written to" : "";
}

/**
 * The cache that a backup is taken from: a replica in sync where there is one, else the master. A master that nobody
 * follows is passed over beside replicas: it came back a moment ago, or was cut off. Throws BACKUP_NO_SOURCE.
 */
export function cacheSource(topology: Topology, answers: ReadonlyMap<string, Answer>): Source<RedisEvidence> {
  const caches = machinesWith(topology, "cache").flatMap((machine) => {
    const answer = part(answers, machine.name, "cache");
    const evidence = answer && redisEvidence.parse(answer);
    return evidence ? [{ machine, evidence }] : [];
  });
  const follows = ({ evidence: { master } }: Source<RedisEvidence>) => master?.isLinked && !master.isSyncing;
  const replicas = caches.filter((cache) => cache.evidence.role === "replica" && follows(cache));
  const followed = new Set(replicas.map(({ evidence }) => evidence.master!.address));
  const masters = caches.filter(
    ({ machine, evidence }) =>
      evidence.role === "master" && (followed.size === 0 || followed.has(machine.address)),
  );
  const chosen = replicas.findLast(({ machine }) => !isDrained(answers, machine.name)) ?? masters[0];
  const count = Math.max(followed.size, masters.length);
  if (chosen && count === 1) return chosen;
  throw new UserError(
    "BACKUP_NO_SOURCE",
    `no cache can be copied: ${count > 1 ? `there are ${count} masters at once` : "none that answers is a master or follows one"}`,
    "mbctl status says what is wrong",
  );
}

function isDrained(answers: ReadonlyMap<string, Answer>, name: string): boolean {
  return (part(answers, name, "drained")?.stdout ?? "").trim() !== "";
}

const NOTHING: Answer = { code: 1, stdout: "", stderr: "" };

function part(answers: ReadonlyMap<string, Answer>, machine: string, question: string): Answer | undefined {
  const answer = answers.get(machine);
  return answer && answersOf(answer).get(question);
}
