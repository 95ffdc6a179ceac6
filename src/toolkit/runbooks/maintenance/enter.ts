import { drainArguments, type DrainArguments } from "../drain/arguments.ts";
import { knownMachine } from "../../topology/known-machine.ts";
import { planDrain } from "../drain/plan-drain.ts";
import type { Runbook } from "../runbook.ts";
import { parseSurvey } from "../survey/machine.ts";
import { surveyOf } from "../survey/survey.ts";
import { stopPhases } from "./service-phases.ts";

/** Drains a machine and stops its services, so that it can be worked on and switched off. */
export const maintenanceEnter: Runbook<DrainArguments> = {
  name: "maintenance enter",
  summary: "drain a machine and stop its services, so that it can be worked on",
  arguments: drainArguments,
  isRepeatable: true,
  survey: ({ topology }, { machine }) =>
    surveyOf(topology, knownMachine(topology, machine), { withStorage: true }),
  plan: ({ topology, services }, args, answers, run) => {
    const surveys = parseSurvey(topology, answers);
    const { machine, phases, beforeStopping, notes } = planDrain(topology, args, surveys, run, "maintenance");
    return {
      phases: [...phases, beforeStopping, ...stopPhases(topology, services, machine)],
      notes: [
        ...notes,
        `then ${machine.name} is yours: upgrade it, repair it, switch it off; booted meanwhile, it comes up drained`,
      ],
      next: `mbctl maintenance exit ${machine.name}`,
    };
  },
};
