import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes all that a run measured to results/ in the benchmark's folder, named by its start; the file's path. */
export async function keepRun(bench: string, run: { readonly startedAt: string }): Promise<string> {
  const folder = join(bench, "results");
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${run.startedAt.slice(0, 16).replace(":", "-")}.json`);
  await writeFile(file, `${JSON.stringify(run, undefined, 1)}\n`);
  return file;
}

/** What an earlier run has left: of the type that the benchmark's record.ts has for it. */
export async function readRun(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}

/** What several earlier runs have left, in their order. */
export function readRuns(files: readonly string[]): Promise<readonly unknown[]> {
  return Promise.all(files.map(readRun));
}
