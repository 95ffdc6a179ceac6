import { UserError } from "../../../support/errors.ts";
import { beEligible, bePassedOver, isEligible, isPassedOver } from "../../services/redis/drain.ts";
import {
  hasMasterMoved,
  isMasterElsewhere,
  moveMaster,
  namesMaster,
  passesOver,
} from "../../services/sentinel/failover.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Step } from "../../steps/step.ts";
import { machineNamed, machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import type { Runbook } from "../runbook.ts";
import { surveyCommand } from "../survey/command.ts";
import { parseSurvey, type MachineSurvey } from "../survey/machine.ts";
import { chooseTarget, failoverArguments, type FailoverArguments } from "./choose-target.ts";

/**
 * Makes a replica of the cache the master, by Sentinel. With a machine named, Sentinel passes all other replicas over
 * meanwhile. It is done when every Sentinel names the new one and the old one follows it in sync.
 */
export const failoverCache: Runbook<FailoverArguments> = {
  name: "failover cache",
  summary: "make another cache the Redis master",
  arguments: failoverArguments,
  isRepeatable: true,
  // Whoever was told to stand back in the middle looks as if somebody else had told him.
  isResumedOnceBegun: () => true,
  survey: ({ topology }) => ({
    machines: votersIn(topology, "cache").map(({ name }) => name),
    command: (name) => surveyCommand(topology, machineNamed(topology, name), { withStorage: false }),
  }),
  plan: ({ topology }, { to }, answers) => {
    const surveys = parseSurvey(topology, answers);
    const voters = [...surveys.values()];
    const master = masterOf(topology, voters);
    const candidates = machinesWith(topology, "cache").map((machine) => ({
      machine,
      fault: faultOf(surveys.get(machine.name)),
    }));
    const target = chooseTarget("the cache", master, candidates, to);
    const others = candidates
      .map(({ machine }) => machine)
      .filter((machine) => to !== undefined && machine !== master && machine !== target);
    const sentinels = voters
      .filter(({ sentinel }) => sentinel?.master !== undefined)
      .map(({ machine }) => machine);
    return {
      phases: moveCache(topology, {
        master,
        target,
        others,
        passedOver: others.filter(({ name }) => canStandBack(surveys.get(name))),
        sentinels,
      }),
      next: "mbctl status",
    };
  },
};

/** The one that every Sentinel names. Throws FAILOVER_NO_HOLDER where they differ or the master is none of ours. */
function masterOf(topology: Topology, surveys: readonly MachineSurvey[]): Machine {
  const named = new Set(
    surveys.map(({ sentinel }) => sentinel?.master).filter((address) => address !== undefined),
  );
  const [address] = named;
  const master = machinesWith(topology, "cache").find((machine) => machine.address === address);
  if (named.size === 1 && master) return master;
  throw new UserError(
    "FAILOVER_NO_HOLDER",
    `the Sentinels that answer name ${[...named].join(" and ") || "no master"}, and it should be one cache of this cluster`,
    "let mbctl status say why",
  );
}

function faultOf(survey: MachineSurvey | undefined): string {
  if (!survey) return "it does not answer";
  if (survey.mark) return `it is drained by ${survey.mark.owner}`;
  if (survey.cache?.role !== "replica") return "its cache is no replica";
  if (!survey.cache.isInSync) return "its cache is not in sync";
  return survey.sentinel?.hasQuorum ? "" : "its Sentinel reaches no quorum";
}

/** Whether it is a replica that nobody has told to stand back yet: Sentinel may choose it also where it is not fit for us. */
function canStandBack(survey: MachineSurvey | undefined): boolean {
  return survey?.mark === undefined && survey?.cache?.role === "replica";
}

interface Move {
  readonly master: Machine;
  readonly target: Machine;
  /** Where a person named the target: the caches that Sentinel might choose instead. */
  readonly others: readonly Machine[];
  /** Those of them that are told to stand back; a drained one does already. */
  readonly passedOver: readonly Machine[];
  readonly sentinels: readonly Machine[];
}

function moveCache(
  topology: Topology,
  { master, target, others, passedOver, sentinels }: Move,
): readonly Phase[] {
  const group = `make the cache of ${target.name} the master`;
  const exclude = passedOver.map((machine): Step => ({
    title: `let Sentinel pass over this cache, for ${target.name}`,
    machine: machine.name,
    commands: [bePassedOver(machine)],
    verify: isPassedOver(machine),
    undo: [beEligible(machine)],
  }));
  const noticed: Step = {
    title: "wait until its Sentinel knows whom to pass over",
    machine: target.name,
    commands: [],
    verify: passesOver(topology, target, others),
  };
  const move: Step = {
    title: `make another cache than ${master.name} the master`,
    machine: target.name,
    unless: isMasterElsewhere(topology, target, master),
    commands: [moveMaster(topology, target, master)],
    verify: hasMasterMoved(topology, sentinels, master),
  };
  const arrived: Step = {
    title: "see that it is the master",
    machine: target.name,
    commands: [],
    verify: namesMaster(topology, target, target),
  };
  const include = passedOver.map((machine): Step => ({
    title: "let Sentinel choose this cache again",
    machine: machine.name,
    commands: [beEligible(machine)],
    verify: isEligible(machine),
  }));
  return [
    plannedPhase(group, others.length > 0 ? [exclude, [noticed], [move], [arrived]] : [[move]], group),
    ...(passedOver.length > 0 ? [plannedPhase("let Sentinel choose freely again", [include])] : []),
  ];
}
