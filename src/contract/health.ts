import * as z from "zod";
import { clusterPartSchema } from "./cluster-status.ts";

const outcome = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("ok") }),
  /** The reason is an error code or a short sentence; it never holds a password or a server's raw message. */
  z.strictObject({ status: z.literal("failed"), reason: z.string().min(1) }),
]);

/** Who drained this node by a mark on its machine, why and when; absent unless somebody did. */
const drain = z.strictObject({ owner: z.string(), reason: z.string(), at: z.string() });

/** What one check found. */
export type CheckOutcome = z.infer<typeof outcome>;

/** The body of GET /health: 200 when healthy, else 503. A check that the node is not configured for is absent. */
export const healthSchema = z.strictObject({
  status: z.enum(["healthy", "unhealthy"]),
  node: z.string(),
  version: z.string(),
  checks: z.strictObject({
    database: outcome.optional(),
    redis: outcome.optional(),
    /** The mail node's own parts; a witness that takes no mail has none. */
    services: z.strictObject({ smtp: outcome, queue: outcome, delivery: outcome }).partial(),
  }),
  drain: drain.optional(),
  /**
   * Absent: this node is on its own. It never makes the node unhealthy: a cluster without a quorum decides nothing,
   * and the node takes mail all the same.
   */
  cluster: clusterPartSchema.optional(),
});
export type Health = z.infer<typeof healthSchema>;

/** The body of GET /ready: 200 when this node takes mail, else 503 with the reason. */
export const readySchema = z.strictObject({
  ready: z.boolean(),
  node: z.string(),
  reason: z.string().optional(),
  drain: drain.optional(),
});
export type Ready = z.infer<typeof readySchema>;

/** The reason that a node gives while draining is all that keeps it from taking mail. */
export const DRAINING = "draining";

/** The health that a set of checks amounts to. */
export function healthOf(node: string, version: string, checks: Health["checks"]): Health {
  const { services, ...rest } = checks;
  const all = [...Object.values(rest), ...Object.values(services)];
  const status = all.every((check) => check === undefined || check.status === "ok") ? "healthy" : "unhealthy";
  return { status, node, version, checks };
}
