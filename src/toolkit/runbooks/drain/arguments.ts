import * as z from "zod";
import type { DrainMark } from "../../../contract/drain-mark.ts";
import type { Operator, RunIdentity } from "../../runner/plan.ts";

const MINUTE = 60_000;

/** The machines' shells count in seconds. */
const wholeSeconds = z.int().multipleOf(1000, { error: "must be whole seconds, in milliseconds" });

/** What a drain is told. Times are in milliseconds. */
export const drainArguments = z.strictObject({
  machine: z.string(),
  reason: z.string().default(""),
  /** How long open mail sessions may take to end. */
  timeoutMs: wholeSeconds.min(1000).default(15 * MINUTE),
  /** How long the sessions through a balancer that bears the VIP may take to end before it goes to another one. */
  handoverMs: wholeSeconds.min(0).max(120_000).default(20_000),
  /** What is left after the time is ended, instead of putting the machine back. */
  endSessions: z.boolean().default(false),
  force: z.boolean().default(false),
});
export type DrainArguments = z.output<typeof drainArguments>;

/** What taking a drain back is told. */
export const undrainArguments = z.strictObject({ machine: z.string(), force: z.boolean().default(false) });
export type UndrainArguments = z.output<typeof undrainArguments>;

/** As marks name people. */
export function ownerOf({ user, host }: Operator): string {
  return `${user}@${host}`;
}

/** The mark that a run puts: the same after it was resumed, by whomever. */
export function markOf(
  { machine, reason }: Pick<DrainArguments, "machine" | "reason">,
  run: RunIdentity,
  work: DrainMark["work"],
): DrainMark {
  const at = new Date(run.at).toISOString();
  return { machine, owner: ownerOf(run.operator), reason, at, run: run.id, work };
}
