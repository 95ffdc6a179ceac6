import type { Runbook } from "../runbook.ts";
import { parseSurvey } from "../survey/machine.ts";
import { surveyOf } from "../survey/survey.ts";
import { drainArguments, type DrainArguments } from "./arguments.ts";
import { knownMachine } from "../../topology/known-machine.ts";
import { planDrain } from "./plan-drain.ts";

/** Takes everything that clients and the other machines use away from a machine, and stops nothing on it. */
export const drain: Runbook<DrainArguments> = {
  name: "drain",
  summary: "move mail, web, cache, database and the VIP away from a machine, without a failed transaction",
  arguments: drainArguments,
  isRepeatable: true,
  survey: ({ topology }, { machine }) =>
    surveyOf(topology, knownMachine(topology, machine), { withStorage: false }),
  plan: ({ topology }, args, answers, run) => {
    const { phases, notes } = planDrain(topology, args, parseSurvey(topology, answers), run, "drain");
    return { phases, notes, next: `mbctl undrain ${args.machine}` };
  },
};
