import * as z from "zod";
import { UserError } from "../../../support/errors.ts";
import type { Plan, RunIdentity } from "../../runner/plan.ts";
import type { Answer } from "../../steps/command.ts";
import { ROLES, type Machine, type Topology } from "../../topology/topology.ts";
import { votersIn, votesIn } from "../../topology/voters.ts";
import { planApply, type PrepareRelease } from "../apply/run-apply.ts";
import { knownMachine } from "../../topology/known-machine.ts";
import { requireWhole } from "../rolling/look.ts";
import type { Runbook, RunbookContext } from "../runbook.ts";
import { parseSurvey, type MachineSurvey } from "../survey/machine.ts";
import { cacheRestsUntilJoined } from "./cache-rests.ts";
import { joinPhases } from "./join-phases.ts";
import { refuseOtherWitness } from "./witness-stays.ts";
import { readJoiningLook, surveyForJoining, without, type JoiningLook } from "./look.ts";
import { knowAllPhase } from "./sentinel-phases.ts";

const addArguments = z.strictObject({ machines: z.array(z.string()).min(1) });
export type AddArguments = z.output<typeof addArguments>;

/** Takes machines that the description names into the cluster that runs. */
export const addMachine: Runbook<AddArguments> = {
  name: "add machine",
  summary: "take machines that the description names into the running cluster",
  arguments: addArguments,
  isRepeatable: true,
  survey: (context, { machines }) => {
    for (const name of machines) knownMachine(context.topology, name);
    return surveyForJoining(context, without(context.topology, machines), machines);
  },
  plan: (context, args, answers, run) => planAdd(context, args, answers, run),
};

/** @param prepare see planApply */
export async function planAdd(
  context: RunbookContext,
  { machines }: AddArguments,
  answers: ReadonlyMap<string, Answer>,
  run: RunIdentity,
  prepare?: PrepareRelease,
): Promise<Plan> {
  const { topology } = context;
  const joining = topology.machines.filter(({ name }) => machines.includes(name));
  const present = without(topology, machines);
  const look = readJoiningLook(present, machines, answers);
  refuseOtherWitness(present, topology, "add machine");
  refuseStorage(joining);
  refuseTooMany(topology, machines);
  requireWhole("taking a machine in", look.rest);
  refuseThere(topology, joining, look);
  const inputs = { ...context, secrets: await context.secrets(), overwrite: false };
  const { phases: apply, resolverOf } = await planApply(inputs, look.facts, prepare);
  const caches = joining.some((machine) => votesIn(topology, machine, "cache"));
  return {
    phases: joinPhases({
      topology,
      joining,
      look,
      run,
      reason: "joins the cluster",
      apply,
      proofs: caches ? [knowAllPhase(topology)] : [],
    }),
    resolverOf,
    notes: [
      `${machines.join(" and ")} gets no client before all of its services are proven`,
      ...(joining.some(({ roles }) => roles.includes("database"))
        ? [
            "the members of the database restart one after the other, as each must know the new addresses; the new one copies all data",
          ]
        : []),
      ...cacheRestsUntilJoined(present, topology),
    ],
    next: "mbctl status",
  };
}

/** A volume is replicated on three machines; to put a brick elsewhere is no joining. */
function refuseStorage(joining: readonly Machine[]): void {
  const storage = joining.find(({ roles }) => roles.includes("storage"));
  if (!storage) return;
  throw new UserError(
    "ADD_STORAGE",
    `${storage.name} has the role storage, and the volume lies on three machines already: a fourth replica protects no better, and a brick that moves is all data copied`,
    "leave the role storage with the machines that have it; for one whose data are lost, mbctl replace machine",
  );
}

const VOTERS = ["database", "cache", "mail"] as const;

/** Those that are there must remain a majority, should all of the new ones fail in the middle. */
function refuseTooMany(topology: Topology, names: readonly string[]): void {
  for (const role of VOTERS) {
    const all = votersIn(topology, role).length;
    const present = votersIn(without(topology, names), role).length;
    if (present === all || present > all / 2) continue;
    throw new UserError(
      "ADD_TOO_MANY",
      `of ${all} machines with the role ${role} ${all - present} would be new, and the ${present} that are there would be no majority without them`,
      "describe and add fewer at a time, two where there are three",
    );
  }
}

/** What runs already takes part, or takes part elsewhere. One that an earlier attempt has marked goes on. */
function refuseThere(topology: Topology, joining: readonly Machine[], { said }: JoiningLook): void {
  const own = new Map(
    joining.flatMap(({ name }) => {
      const survey = said.get(name)?.get("survey");
      return survey ? [[name, survey] as const] : [];
    }),
  );
  const there = [...parseSurvey(topology, own).values()].find((survey) => !survey.mark && runs(survey));
  if (!there) return;
  const { name, roles } = there.machine;
  throw new UserError(
    "MACHINE_IN_SERVICE",
    `${name} is no new machine: it does its work as ${ROLES.filter((role) => roles.includes(role)).join(", ")} already`,
    "mbctl apply brings it to what the description says",
  );
}

function runs({ member, mailNode, cache, balancer, bearsVip }: MachineSurvey): boolean {
  return (
    bearsVip ||
    balancer?.answers === true ||
    member?.inService === true ||
    mailNode?.answer !== undefined ||
    (cache !== undefined && cache.role !== "none")
  );
}
