import { statSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../src/support/errors.ts";
import { ensureEngine } from "../src/toolkit/lab/engine.ts";
import { confirm, processIo } from "../src/toolkit/cli/io.ts";

/*
 * `npm test`: static checks, unit and snapshot tests, then the end-to-end tests on real machines in Docker.
 *
 * Where no engine can be had the last part is skipped, loudly; with MAILBASTION_E2E=required that is a failure.
 * Asks before it installs anything; --yes or CI=true answers.
 */

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
const folder = await mkdtemp(join(tmpdir(), "mailbastion-test-"));

async function part(title: string, run: () => Promise<boolean>): Promise<boolean> {
  const started = performance.now();
  console.log(`\n=== ${title}`);
  const isGood = await run();
  console.log(
    `=== ${title}: ${isGood ? "passed" : "FAILED"} in ${Math.round((performance.now() - started) / 1000)} s`,
  );
  return isGood;
}

/** Side by side: each keeps one processor busy. What one says is printed whole, when it has ended. */
async function staticChecks(): Promise<boolean> {
  const checks: readonly (readonly [string, readonly string[]])[] = [
    ["eslint", ["."]],
    ["tsc", ["-p", "."]],
    ["depcruise", ["src", "stacks", "demo", "--output-type", "err"]],
    ["prettier", ["--check", "--log-level", "warn", "."]],
    ["node", ["scripts/reference.ts", "--check"]],
  ];
  const passed = await Promise.all(
    checks.map(async ([file, args]) => {
      const { exitCode, all } = await execa(file, args, { all: true, reject: false, preferLocal: true });
      if (all) console.log(all);
      if (exitCode !== 0) console.log(`!!! ${file} ${args.join(" ")}: exit code ${exitCode}`);
      return exitCode === 0;
    }),
  );
  counts.passed += passed.filter(Boolean).length;
  counts.failed += passed.filter((isGood) => !isGood).length;
  return passed.every(Boolean);
}

/** A process that is still there so long after its report was written would never end. */
const LINGER_MS = 60_000;

async function jest(project: string, more: readonly string[] = []): Promise<boolean> {
  const report = join(folder, `${project}.json`);
  const args = ["--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js"];
  const options = ["--selectProjects", project, "--json", "--outputFile", report, ...more];
  const running = execa("node", [...args, ...options], { stdio: "inherit", reject: false });
  const watch = setInterval(() => {
    const written = statSync(report, { throwIfNoEntry: false });
    if (!written || Date.now() - written.mtimeMs < LINGER_MS) return;
    console.error(
      "\n!!! THE TESTS HAVE ENDED AND THEIR PROCESS HAS NOT: something was left open (--detectOpenHandles)",
    );
    running.kill("SIGKILL");
  }, 1000);
  const { exitCode } = await running;
  clearInterval(watch);
  const result = JSON.parse(await readFile(report, "utf8")) as Record<
    "numPassedTests" | "numFailedTests" | "numPendingTests" | "numRuntimeErrorTestSuites",
    number
  >;
  counts.passed += result.numPassedTests;
  counts.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  counts.skipped += result.numPendingTests;
  return exitCode === 0;
}

async function endToEnd(): Promise<boolean> {
  const yes = process.argv.includes("--yes");
  try {
    await ensureEngine({
      yes: yes || process.env["CI"] === "true",
      ask: (question) => confirm(processIo, question, yes),
      report: console.log,
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`\n!!! THE END-TO-END TESTS WERE SKIPPED: ${error.message}; ${error.remedy}\n`);
    counts.skipped++;
    return process.env["MAILBASTION_E2E"] !== "required";
  }
  return jest("e2e", ["--runInBand"]);
}

const isWhole =
  (await part("static checks", staticChecks)) &&
  (await part("unit and snapshot tests", () => jest("unit", ["--ci", "--maxWorkers=100%"]))) &&
  (await part("end-to-end tests", endToEnd));
await rm(folder, { recursive: true });
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = isWhole ? 0 : 1;
