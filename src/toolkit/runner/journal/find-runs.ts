import type { Transport } from "../../ssh/transport.ts";
import { listRunsCommand, readJournalCommand } from "./commands.ts";
import { parseJournal } from "./entry.ts";
import { listLocally, readLocally } from "./local-copy.ts";
import { readRun, type RunRecord } from "./run-record.ts";

/** A run that somebody knows of. */
export interface KnownRun {
  readonly run: string;
  /** As far as any copy says. */
  readonly isEnded: boolean;
  /** Machines with a copy of its journal. */
  readonly machines: readonly string[];
}

/** The runs that the machines and this computer know, oldest first. A machine that does not answer is left out. */
export async function findRuns(
  runs: string,
  machines: readonly string[],
  transport: Transport,
): Promise<readonly KnownRun[]> {
  const found = new Map<string, { isEnded: boolean; machines: string[] }>();
  const add = (run: string, isEnded: boolean, machine?: string) => {
    const known = found.get(run) ?? { isEnded: false, machines: [] };
    known.isEnded ||= isEnded;
    if (machine !== undefined) known.machines.push(machine);
    found.set(run, known);
  };
  for (const run of await listLocally(runs)) {
    const record = await readLocally(runs, run);
    if (record) add(run, record.outcome !== undefined);
  }
  const listed = await Promise.all(
    machines.map(async (machine) => ({
      machine,
      text: await transport.run(machine, listRunsCommand()).then(
        ({ stdout }) => stdout,
        () => "",
      ),
    })),
  );
  for (const { machine, text } of listed)
    for (const line of text.split("\n").filter(Boolean)) {
      const [run, state] = line.split(" ");
      add(run!, state === "ended", machine);
    }
  return [...found].map(([run, known]) => ({ run, ...known })).toSorted((a, b) => (a.run < b.run ? -1 : 1));
}

/** The fullest copy of a run's journal; undefined where there is none. */
export async function fetchRun(
  runs: string,
  { run, machines }: KnownRun,
  transport: Transport,
): Promise<RunRecord | undefined> {
  const copies = await Promise.all([
    readLocally(runs, run),
    ...machines.map((machine) =>
      transport.run(machine, readJournalCommand(run)).then(
        ({ code, stdout }) => (code === 0 ? readRun(parseJournal(stdout)) : undefined),
        () => undefined,
      ),
    ),
  ]);
  return copies
    .filter((copy) => copy !== undefined)
    .toSorted((a, b) => b.entries.length - a.entries.length)[0];
}

/** The runs that nobody has ended, oldest first. */
export async function openRuns(
  runs: string,
  machines: readonly string[],
  transport: Transport,
): Promise<readonly RunRecord[]> {
  const known = await findRuns(runs, machines, transport);
  const records = await Promise.all(
    known.filter(({ isEnded }) => !isEnded).map((run) => fetchRun(runs, run, transport)),
  );
  // A run may have ended in its journal and died before it was marked so.
  return records.filter((record) => record !== undefined).filter(({ outcome }) => outcome === undefined);
}
