import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { MUTANTS } from "./mutants.ts";

const SCHEDULES = 200;
const script = fileURLToPath(new URL("run-differential.ts", import.meta.url));

interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly code?: number;
}

/** In a process of its own; what is planted there is not planted here. */
async function run(...args: readonly (string | number)[]): Promise<Run> {
  const command = ["--no-warnings", script, ...args.map(String)];
  return promisify(execFile)(process.execPath, command, { maxBuffer: 1 << 26 }).catch(
    (error: unknown) => error as Run,
  );
}

describe("one random schedule for the core and for a port of etcd's raft", () => {
  it("gives the same terms, votes, roles, logs, members and answers to reads after every event, and the same clusters after every phase", async () => {
    const { stdout, stderr, code } = await run(1, SCHEDULES);
    expect(stderr).toBe("");
    expect(code).toBeUndefined();
    const { phases, ...counts } = JSON.parse(stdout) as Record<string, number>;
    expect(phases).toBe(4 * SCHEDULES);
    // The schedules reach what they are to compare.
    const seldom = Object.entries(counts).filter(([, count]) => count < SCHEDULES / 10);
    expect(seldom).toEqual([]);
    expect(Object.keys(counts)).toHaveLength(21);
  }, 300_000);

  it.each([
    "commit-of-older-term",
    "late-append-truncates",
    "shorter-log-is-up-to-date",
    "step-down-clears-vote",
    "pre-vote-raises-term",
    "quorum-of-unsorted-indexes",
    "read-before-first-commit",
    "joint-commit-by-half",
    "two-changes-at-once",
    ...MUTANTS.map(({ name }) => name),
  ])(
    "finds the planted bug %s",
    async (mutant) => {
      const { stderr, code } = await run(1, SCHEDULES, mutant);
      expect(stderr).toMatch(/^seed \d+: Difference: n\d is /m);
      expect(code).toBe(1);
    },
    300_000,
  );
});
