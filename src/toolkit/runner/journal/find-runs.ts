import type { Transport } from "../../ssh/transport.ts";
import { listRunsCommand, readJournalCommand } from "./commands.ts";
import { parseJournal } from "./entry.ts";
import { isEndedLocally, listLocally, readLocally } from "./local-copy.ts";
import { latestFirst, readRun, type RunRecord } from "./run-record.ts";

/** A run that somebody has a copy of. */
export interface KnownRun {
  readonly run: string;
  /** As far as anybody says. */
  readonly isEnded: boolean;
  /** Machines with a copy of its journal. */
  readonly machines: readonly string[];
  /** Those of them that do not know of an end. */
  readonly openOn: readonly string[];
  /** What this computer's copy says, where there is one. */
  readonly here?: "open" | "ended";
}

/** The runs that the machines and this computer know, oldest first. A machine that does not answer is left out. */
export async function findRuns(
  runs: string,
  machines: readonly string[],
  transport: Transport,
): Promise<readonly KnownRun[]> {
  const here = new Map<string, "open" | "ended">();
  for (const run of await listLocally(runs)) {
    const record = await readLocally(runs, run);
    if (record) here.set(run, (await isEndedLocally(runs, record)) ? "ended" : "open");
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
  const told = listed.flatMap(({ machine, text }) =>
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(" ") as [string, "open" | "ended" | "forgotten"])
      .map(([run, state]) => ({ run, machine, state })),
  );
  const byRun = Map.groupBy(told, ({ run }) => run);
  return [...new Set([...here.keys(), ...byRun.keys()])]
    .toSorted()
    .map((run) => knownRun(run, here.get(run), byRun.get(run) ?? []))
    .filter((known) => known.machines.length > 0 || known.here !== undefined);
}

function knownRun(
  run: string,
  here: KnownRun["here"],
  told: readonly { readonly machine: string; readonly state: "open" | "ended" | "forgotten" }[],
): KnownRun {
  const copies = told.filter(({ state }) => state !== "forgotten");
  return {
    run,
    isEnded: here === "ended" || told.some(({ state }) => state !== "open"),
    machines: copies.map(({ machine }) => machine),
    openOn: copies.filter(({ state }) => state === "open").map(({ machine }) => machine),
    ...(here !== undefined && { here }),
  };
}

/** The copy of a run's journal from which to go on; undefined where there is none. */
export async function fetchRun(
  runs: string,
  { run, machines }: KnownRun,
  transport: Transport,
): Promise<RunRecord | undefined> {
  const copies = await Promise.all([
    ...machines.map((machine) =>
      transport.run(machine, readJournalCommand(run)).then(
        ({ code, stdout }) => (code === 0 ? readRun(parseJournal(stdout)) : undefined),
        () => undefined,
      ),
    ),
    // The last in a tie: what the machines have is known to others as well.
    readLocally(runs, run),
  ]);
  return copies.filter((copy) => copy !== undefined).toSorted(latestFirst)[0];
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
