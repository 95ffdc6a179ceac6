import type { DrainMark } from "../../../contract/drain-mark.ts";
import { UserError } from "../../../support/errors.ts";
import { askForWriter, parseWriter } from "../../services/haproxy/writer.ts";
import type { Service } from "../../services/service.ts";
import { answersOf, askAll } from "../../steps/ask-all.ts";
import type { Answer, Command } from "../../steps/command.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { drainedByHand } from "../drain/ownership.ts";
import { surveyCommand } from "../survey/command.ts";
import { parseSurvey, type MachineSurvey } from "../survey/machine.ts";
import { mailLeaderOf } from "../survey/mail-leader.ts";

/** What a cluster must be known by before work goes through all of its machines. */
export interface Look {
  readonly surveys: ReadonlyMap<string, MachineSurvey>;
  /** What each machine answered to the further questions. */
  readonly more: ReadonlyMap<string, ReadonlyMap<string, Answer>>;
  /** The database machine that the VIP's balancer writes to. */
  readonly writer: string | undefined;
  /** Everything that keeps the cluster from being whole, a clause each. */
  readonly faults: readonly string[];
  /** In the order of the topology, machine by machine. */
  readonly leftOut: readonly LeftOut[];
}

/** A machine that a balancer was told is drained, and that is not. */
export interface LeftOut {
  readonly machine: string;
  readonly balancer: string;
  readonly mark: DrainMark;
}

const PROBE = "probe ";

/** Asks a machine for all that a drain must know, whether each of its services does its work, and `more`. */
export function lookAt(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
  more: ReadonlyMap<string, Command> = new Map(),
): Command {
  const own = services.filter((service) => service.runsOn(topology, machine));
  return askAll(
    new Map([
      ["survey", surveyCommand(topology, machine, { withStorage: false })],
      ...(machine.roles.includes("balancer") ? [["writer", askForWriter()] as const] : []),
      ...own.map((service) => [`${PROBE}${service.name}`, service.probe(topology, machine)] as const),
      ...more,
    ]),
  );
}

/** @param asked those that are missed where they do not answer */
export function readLook(
  topology: Topology,
  found: ReadonlyMap<string, Answer>,
  asked: readonly Machine[] = topology.machines,
): Look {
  const more = new Map([...found].map(([name, answer]) => [name, answersOf(answer)]));
  const answers = new Map(
    [...more].flatMap(([name, said]) => {
      const survey = said.get("survey");
      return survey ? [[name, survey] as const] : [];
    }),
  );
  const surveys = parseSurvey(topology, answers);
  const holders = [...surveys.values()].filter(({ bearsVip }) => bearsVip).map(({ machine }) => machine.name);
  const inService = [...surveys.values()].filter(({ mark }) => !mark).map(({ machine }) => machine.name);
  const view = more.get(holders[0] ?? "")?.get("writer");
  return {
    surveys,
    more,
    writer: view && parseWriter(view).writer,
    faults: [
      ...asked.filter(({ name }) => !surveys.has(name)).map(({ name }) => `${name} does not answer`),
      ...[...surveys.values()].flatMap(({ machine, mark }) =>
        mark ? [`${machine.name} is drained by ${mark.owner}`] : [],
      ),
      ...[...more].flatMap(([name, said]) => failedProbes(name, said)),
      ...inService.flatMap((name) => drainedByHand(name, surveys).map(({ sentence }) => sentence)),
      ...(holders.length === 1 ? [] : [`${holders.join(" and ") || "no balancer"} bears the VIP`]),
    ],
    leftOut: inService.flatMap((name) => leftOutOf(name, surveys)),
  };
}

function leftOutOf(name: string, surveys: ReadonlyMap<string, MachineSurvey>): readonly LeftOut[] {
  return [...surveys.values()].flatMap(({ machine, balancer }) => {
    const mark = balancer?.marks.get(name);
    return mark ? [{ machine: name, balancer: machine.name, mark }] : [];
  });
}

function failedProbes(machine: string, said: ReadonlyMap<string, Answer>): readonly string[] {
  return [...said]
    .filter(([question, { code }]) => question.startsWith(PROBE) && code !== 0)
    .map(([question, { stdout }]) => {
      const last = stdout.trim().split("\n").at(-1)!;
      return `${question.slice(PROBE.length)} on ${machine} does not do its work${last && ` (${last})`}`;
    });
}

/** Throws CLUSTER_NOT_WHOLE: work on every machine in turn would find the next one alone. */
export function requireWhole(what: string, look: Pick<Look, "faults" | "leftOut">): void {
  const leftOut = look.leftOut.map(
    ({ machine, balancer, mark }) =>
      `${balancer} was told that ${machine} is drained by ${mark.owner}, until mbctl undrain ${machine}`,
  );
  const faults = [...look.faults, ...leftOut];
  if (faults.length === 0) return;
  throw new UserError(
    "CLUSTER_NOT_WHOLE",
    `${what} begins only while everything is whole: ${faults.join("; ")}`,
    "mend it first, see mbctl status; what an earlier run left goes on with mbctl resume",
  );
}

/**
 * The order of work: who leads nothing first, then who leads the mail nodes, then the master of the cache, then the
 * database writer, and the bearer of the VIP last, so that what costs most to move moves once at most, to a machine that
 * is through already.
 */
export function inOrder(machines: readonly Machine[], { surveys, writer }: Look): readonly Machine[] {
  const mailLeader = mailLeaderOf(surveys);
  const rank = (machine: Machine): number => {
    const survey = surveys.get(machine.name);
    if (survey?.bearsVip) return 4;
    if (machine.name === writer) return 3;
    if (survey?.cache?.role === "master") return 2;
    return machine.name === mailLeader ? 1 : 0;
  };
  return machines.toSorted((a, b) => rank(a) - rank(b));
}
