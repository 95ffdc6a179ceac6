import { access, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { makePrivateDirectory, replaceFile } from "../../disk/replace-file.ts";
import { parseJournal } from "./entry.ts";
import { readRun, type RunRecord } from "./run-record.ts";

/** Where the runs of a cluster are kept on the operator's machine, a folder each. */
export function runFolder(runs: string, run: string): string {
  return join(runs, run);
}

/** Writes the operator's copy anew: an earlier one may end in a line that nobody else has seen. */
export async function writeLocally(runs: string, run: string, lines: string): Promise<void> {
  const folder = runFolder(runs, run);
  await makePrivateDirectory(folder);
  await replaceFile(join(folder, "journal.jsonl"), lines, 0o600);
}

/** Adds lines to the operator's copy and waits for the disk: it is written before a step begins. */
export async function appendLocally(runs: string, run: string, lines: string): Promise<void> {
  const file = await open(join(runFolder(runs, run), "journal.jsonl"), "a", 0o600);
  try {
    await file.write(lines);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Undefined where this machine has no copy. */
export async function readLocally(runs: string, run: string): Promise<RunRecord | undefined> {
  try {
    return readRun(parseJournal(await readFile(join(runFolder(runs, run), "journal.jsonl"), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Marks the copy of a run that has ended elsewhere: this computer may not have heard how. */
export function closeLocally(runs: string, run: string): Promise<void> {
  return replaceFile(closedMark(runs, run), "", 0o600);
}

/** Whether the copy here says that the run has ended. */
export async function isEndedLocally(runs: string, { begun, outcome }: RunRecord): Promise<boolean> {
  return (
    outcome !== undefined ||
    access(closedMark(runs, begun.run)).then(
      () => true,
      () => false,
    )
  );
}

function closedMark(runs: string, run: string): string {
  return join(runFolder(runs, run), "ended");
}

/** The ids of the runs that this machine knows, oldest first. */
export async function listLocally(runs: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(runs, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
