import * as z from "zod";
import { processIdentity } from "./process-identity.ts";

/** Who holds the lock of a cluster, as it stands on the machines. */
const schema = z.object({
  /** "run": renewed by a living mbctl. "manual": by a person, until released; it never goes stale. */
  kind: z.enum(["run", "manual"]),
  /** The run's id; of a manual lock too. */
  run: z.string(),
  /** What was typed, "mbctl drain node-2". */
  command: z.string(),
  user: z.string(),
  host: z.string(),
  pid: z.int(),
  /** Which process of that number it is; absent where its computer could not say. */
  process: processIdentity.optional(),
  /** Milliseconds since 1970, by the holder's clock: for people only. */
  at: z.number(),
  message: z.string().optional(),
});

export type Holder = z.infer<typeof schema>;

/** The lock as one machine has it. */
export interface LockOnMachine {
  readonly holder: Holder;
  /** Told apart from the run's id: a resumed run has another one, so that the first mbctl is locked out. */
  readonly token: string;
  /** Seconds since it was last renewed, by the machine's own uptime: no two clocks are compared. */
  readonly ageSeconds: number;
}

/** A renewed lock that was silent this long is given up by its holder and may be taken over by others. */
export const STALE_SECONDS = 90;

/** How often a run renews its lock. */
export const BEAT_SECONDS = 15;

/** Reads the lines `token`, `age` and `holder` that the lock's scripts print; undefined when there is no lock. */
export function parseLock(text: string): LockOnMachine | undefined {
  const field = (name: string) =>
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1);
  const token = field("token");
  const holder = schema.safeParse(parseJson(field("holder")));
  if (token === undefined || !holder.success) return undefined;
  return { token, holder: holder.data, ageSeconds: Number(field("age")) };
}

export function isStale({ holder, ageSeconds }: LockOnMachine): boolean {
  return holder.kind === "run" && ageSeconds >= STALE_SECONDS;
}

/** "alice@desk, 3 minutes ago: mbctl drain node-2 (waiting for the power company)". */
export function describeHolder({ holder, ageSeconds }: LockOnMachine): string {
  const why = holder.message === undefined ? "" : ` (${holder.message})`;
  const since =
    holder.kind === "manual"
      ? `taken by hand at ${new Date(holder.at).toISOString()}`
      : `last heard of ${ageSeconds} s ago`;
  return `${holder.user}@${holder.host}: ${holder.command}${why}, ${since}`;
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
