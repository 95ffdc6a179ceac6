import * as z from "zod";

/** One line of a run's journal. It holds nothing secret: arguments and answers are kept as they were masked. */

const answer = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() });
const operator = z.object({ user: z.string(), host: z.string() });
const step = { phase: z.string(), machine: z.string(), step: z.string() };

const entry = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("begun"),
    run: z.string(),
    cluster: z.string(),
    runbook: z.string(),
    /** What was typed. */
    command: z.string(),
    arguments: z.unknown(),
    operator,
    /** What the survey found; a resumed run plans by it again. */
    answers: z.record(z.string(), answer),
    /** Hash of the topology: a run is not resumed with another description. */
    description: z.string(),
  }),
  z.object({ kind: z.literal("resumed"), operator, command: z.string() }),
  z.object({ kind: z.literal("aborting"), operator }),
  z.object({ kind: z.literal("phase-finished"), phase: z.string() }),
  z.object({ kind: z.literal("step-started"), ...step }),
  z.object({ kind: z.literal("step-finished"), ...step }),
  z.object({ kind: z.literal("step-failed"), ...step, message: z.string() }),
  z.object({ kind: z.literal("step-undoing"), ...step }),
  z.object({ kind: z.literal("step-undone"), ...step }),
  /** Everything of these phases was taken back; a resumed run begins them anew. */
  z.object({ kind: z.literal("group-undone"), phases: z.array(z.string()) }),
  z.object({ kind: z.literal("stopped"), code: z.string(), message: z.string() }),
  z.object({
    kind: z.literal("ended"),
    outcome: z.enum(["done", "failed", "undone", "aborted", "superseded"]),
  }),
]);

export type JournalEvent = z.infer<typeof entry>;
export type Begun = Extract<JournalEvent, { kind: "begun" }>;
export type Outcome = Extract<JournalEvent, { kind: "ended" }>["outcome"];

/** An event with its place in the journal, from 0 on without a gap, and its time by the clock of who wrote it. */
export type JournalEntry = JournalEvent & { readonly seq: number; readonly at: number };

const line = z.intersection(entry, z.object({ seq: z.int().min(0), at: z.number() }));

/**
 * The entries of a journal's text, as far as they follow one another. A line may be there twice, as a copy that was not
 * confirmed is sent again; the last may be cut short by a loss of power.
 */
export function parseJournal(text: string): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const row of text.split("\n")) {
    const parsed = line.safeParse(parseJson(row));
    if (!parsed.success) continue;
    if (parsed.data.seq === entries.length) entries.push(parsed.data);
    else if (parsed.data.seq > entries.length) break;
  }
  return entries;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
