import * as z from "zod";

/**
 * The marks by which a machine is drained. Everything that must know derives it from the presence of these files, so
 * that it holds over every restart and every reboot, and nothing has to be told twice.
 */
export const DRAIN_MARKS = {
  folder: "/var/lib/mailbastion-drain",
  /** On the drained machine: its mail node and its database check read it. */
  drained: "/var/lib/mailbastion-drain/drained",
  /** On a drained balancer, and later than the other one: keepalived gives the VIP up while it is there. */
  vip: "/var/lib/mailbastion-drain/vip",
  /** On every balancer: a file for each drained machine, named after it, for HAProxy's unit. */
  balancer: "/var/lib/mailbastion-drain/balancer",
} as const;

/** A mark as it is written; read by parseDrainMark, which takes anything. */
export const drainMarkSchema = z.object({
  machine: z.string(),
  /** Who drained it: user@host of the operator. */
  owner: z.string(),
  /** In the words of the owner; empty when none were given. */
  reason: z.string(),
  /** ISO 8601; "" where the mark cannot be understood. */
  at: z.string(),
  /** The run that put the mark there. */
  run: z.string(),
  /** Whether its services are, or are about to be, stopped as well. */
  work: z.enum(["drain", "maintenance"]),
});

/** What a mark says; the same in all files of one drain. */
export type DrainMark = z.infer<typeof drainMarkSchema>;

/**
 * Reads a mark. Its presence is what counts: text that cannot be understood, left by a full disk or a person, is the
 * mark of somebody unknown.
 */
export function parseDrainMark(text: string): DrainMark {
  const unknown = {
    machine: "",
    owner: "somebody unknown",
    reason: "",
    at: "",
    run: "",
    work: "drain",
  } as const;
  try {
    return drainMarkSchema.safeParse(JSON.parse(text)).data ?? unknown;
  } catch {
    return unknown;
  }
}

/** The text of a mark's file, on one line. */
export function serializeDrainMark(mark: DrainMark): string {
  return `${JSON.stringify(drainMarkSchema.parse(mark))}\n`;
}
