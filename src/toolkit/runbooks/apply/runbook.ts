import * as z from "zod";
import { machineNamed } from "../../topology/topology.ts";
import type { Runbook } from "../runbook.ts";
import { factsFor, machinesToApply, planApply } from "./run-apply.ts";

/** The first deployment and every later one. */
export const apply: Runbook<{ overwrite: boolean }> = {
  name: "apply",
  summary: "make the machines what the description says: packages, files, services, clusters; safe to repeat",
  arguments: z.strictObject({ overwrite: z.boolean() }),
  isRepeatable: true,
  supersedes: () => true,
  survey: (context) => ({
    machines: machinesToApply(context).map(({ name }) => name),
    command: (machine) => factsFor(context, machineNamed(context.topology, machine)),
    needsAll: true,
  }),
  plan: async (context, { overwrite }, answers) =>
    planApply({ ...context, secrets: await context.secrets(), overwrite }, answers),
};
