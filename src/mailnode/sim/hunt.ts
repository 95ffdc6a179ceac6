/** Looks for a planted bug, in a process of its own: what is loaded there is not what is loaded here. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Mutant } from "./mutants/mutant.ts";

/** Kept by Node, so that a process which runs a few seeds does not spend its time on getting ready. */
const COMPILED = fileURLToPath(new URL("../../../.cache/compiled", import.meta.url));
const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

export interface Hunt {
  /** The seed that found it; undefined when none did of those that it is allowed. */
  readonly seed: number | undefined;
  /** The rule that it broke there. */
  readonly rule: string | undefined;
}

export async function hunt({ name, withinSeeds }: Mutant): Promise<Hunt> {
  const lines = await runSeeds(["--mutant", name, "--seeds", String(withinSeeds)]);
  const { seed, failure } = lines.at(-1) ?? {};
  return failure === undefined ? { seed: undefined, rule: undefined } : { seed, rule: failure };
}

export interface SeedLine {
  readonly seed: number;
  readonly hash: string;
  readonly events: number;
  /** The rule that was broken. */
  readonly failure?: string;
}

/** Runs seeds in a process of its own; stops at the first that fails, which is then the last line. */
export async function runSeeds(args: readonly string[]): Promise<readonly SeedLine[]> {
  const command = ["--no-warnings", MAIN, "--json", ...args];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, {
    maxBuffer: 1 << 26,
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  }).catch((error: unknown) => error as { stdout: string; stderr: string });
  const lines = stdout.split("\n").filter((line) => line !== "");
  // A simulation that did not even begin has found nothing.
  if (lines.length === 0) throw new Error(`no seed was run: ${stderr}`);
  return lines.map((line) => JSON.parse(line) as SeedLine);
}
