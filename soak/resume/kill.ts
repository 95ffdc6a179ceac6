import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import { parseJournal } from "../../src/toolkit/runner/journal/entry.ts";

/** A command that was started, and what it ends with: a signal where it was killed. */
export interface Started {
  readonly process: Pick<ChildProcess, "kill">;
  readonly ended: Promise<{ readonly signal?: string | null; readonly code?: number | null }>;
}

/** Looking is a read of a small file; a step takes longer than this between its announcement and its first command. */
const LOOK_MS = 2;

/** The titles of the steps that a run's journal on this computer has announced, in order; of the newest run there. */
export async function announcedSteps(runs: string, earlier: ReadonlySet<string>): Promise<readonly string[]> {
  const all = await readdir(runs).catch(() => []);
  const newest = all
    .filter((name) => /^2/.test(name) && !earlier.has(name))
    .toSorted()
    .at(-1);
  if (newest === undefined) return [];
  const text = await readFile(join(runs, newest, "journal.jsonl"), "utf8").catch(() => "");
  return parseJournal(text).flatMap((entry) =>
    entry.kind === "step-started" ? [`${entry.machine}: ${entry.step}`] : [],
  );
}

/**
 * Kills a command with SIGKILL when its run has announced its nth step, from 1 on. The step may have been done, not
 * begun, or be half-way.
 *
 * @returns the title of that step; undefined when the run ended before it, and by how many steps it had then.
 */
export async function killAtStep(
  start: () => Started,
  runs: string,
  nth: number,
): Promise<{ readonly killedAt?: string; readonly steps: readonly string[]; readonly code?: number | null }> {
  const earlier = new Set(await readdir(runs).catch(() => []));
  const { process, ended } = start();
  let isOver = false;
  const end = ended.finally(() => (isOver = true));
  while (!isOver) {
    const steps = await announcedSteps(runs, earlier);
    if (steps.length >= nth) process.kill("SIGKILL");
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
  }
  const { signal, code } = await end;
  const steps = await announcedSteps(runs, earlier);
  return signal === "SIGKILL"
    ? { killedAt: steps[nth - 1]!, steps }
    : { steps, ...(code !== undefined && { code }) };
}
