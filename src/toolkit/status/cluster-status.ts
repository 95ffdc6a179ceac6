import * as z from "zod";
import { ROLES } from "../topology/topology.ts";
import { marksSchema } from "./drain-marks.ts";
import { machineFactsSchema } from "./machine-facts.ts";
import { runsSchema } from "./runs.ts";
import { evidenceSchema } from "./sources.ts";

/*
 * What a look at a cluster gave, before anybody judges it. The schema is the single source: types, the document of
 * --json and its page are made from it.
 */

const serviceStatusSchema = z.strictObject({
  service: z.string(),
  /** Whether its probe holds. */
  isWorking: z.boolean(),
  /** What the probe said last on failure, "" otherwise. */
  detail: z.string(),
});
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;

export const machineStatusSchema = z.strictObject({
  machine: z.string(),
  address: z.string(),
  roles: z.array(z.enum(ROLES)),
  /** Why it could not be asked; absent for a machine that answered. Then nothing below is there. */
  unreachable: z.strictObject({ code: z.string(), message: z.string(), remedy: z.string() }).optional(),
  /** How far its clock is ahead of the median of all, and how wrong that may be, in milliseconds. */
  clock: z.strictObject({ aheadMs: z.number(), uncertaintyMs: z.number() }).optional(),
  services: z.array(serviceStatusSchema),
  facts: machineFactsSchema.optional(),
  evidence: evidenceSchema,
  marks: marksSchema.optional(),
  runs: runsSchema.optional(),
});
export type MachineStatus = z.infer<typeof machineStatusSchema>;

const adviceSchema = z.strictObject({
  service: z.string(),
  /** Where something is left to do; empty where the phase refuses as a whole. */
  machines: z.array(z.string()),
  message: z.string(),
  /** What to type or to do. */
  remedy: z.string(),
});
export type Advice = z.infer<typeof adviceSchema>;

export const clusterStatusSchema = z.strictObject({
  cluster: z.string(),
  vip: z.string(),
  /** When it was asked, milliseconds since 1970 by this computer's clock, and how long that took. */
  at: z.number(),
  tookMs: z.number(),
  /** In the order of the description. */
  machines: z.array(machineStatusSchema),
  /** By address, as the machines say, not as a daemon believes: none, one, or in a split two. */
  vipHolders: z.array(z.string()),
  /** What the tiers lack as wholes. */
  advice: z.array(adviceSchema),
});
/** What every machine answered, and what is left to do for the tiers as wholes. */
export type ClusterStatus = z.infer<typeof clusterStatusSchema>;
