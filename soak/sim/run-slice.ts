import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { SeedLine } from "../../src/mailnode/sim/hunt.ts";
import type { Slice } from "./ledger.ts";

const MAIN = fileURLToPath(new URL("../../src/mailnode/sim/main.ts", import.meta.url));

/**
 * Runs seeds in a process of its own, which a Ctrl-C does not reach. A process that dies is a failure of the seed that
 * it was at; those behind it count as run, and were not.
 */
export async function runSlice(commit: string, from: number, seeds: number, main = MAIN): Promise<Slice> {
  const began = performance.now();
  const args = ["--no-warnings", main, "--json", "--all", "--from", String(from), "--seeds", String(seeds)];
  const ended = await execa(process.execPath, args, { detached: true, reject: false });
  const lines = ended.stdout
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as SeedLine);
  const failures = lines.flatMap(({ seed, failure }) => (failure ? [{ seed, rule: failure }] : []));
  if (lines.length < seeds)
    failures.push({ seed: from + lines.length, rule: `its process ended: ${whyOf(ended)}` });
  const hash = lines.reduce(
    (all, line) => BigInt.asUintN(64, all * 1_000_003n + BigInt(`0x${line.hash}`)),
    0n,
  );
  return {
    commit,
    from,
    seeds,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    events: lines.reduce((sum, { events }) => sum + events, 0),
    hash: hash.toString(16).padStart(16, "0"),
    failures,
  };
}

/** The signal or the code, and the line of its errors that names one. */
function whyOf(ended: {
  readonly signal?: string;
  readonly exitCode?: number;
  readonly stderr: string;
}): string {
  const error = ended.stderr.split("\n").find((line) => /^\w*Error/.test(line));
  return [ended.signal ?? `code ${ended.exitCode}`, ...(error === undefined ? [] : [error.trim()])].join(
    ", ",
  );
}
