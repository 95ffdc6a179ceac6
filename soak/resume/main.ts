import { appendFile, readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { UserError } from "../../src/support/errors.ts";
import { exec, openLab, type Lab } from "../../src/toolkit/lab/lab.ts";
import { ensureEngine } from "../../src/toolkit/lab/engine.ts";
import { kill, start } from "../../src/toolkit/lab/power.ts";
import { confirm } from "../../demo/confirm.ts";

/*
 * `npm run soak:resume`: in a lab of three machines `restart --rolling` and `recover galera` are killed with SIGKILL at
 * moments drawn by chance, again and again, resumed, and the cluster must be whole each time with every row that was
 * written before. Options: --rounds 20 --seed 1 --yes. Each round adds a line to ledger.jsonl: the commit, the seed, the
 * round, what was killed when, and how it ended. Ctrl-C ends it after a round; the next run goes on with the next seed.
 */
const PROJECT = fileURLToPath(new URL("../../examples/", import.meta.url)).replace(/\/$/, "");
const MBCTL = fileURLToPath(new URL("../../bin/mbctl.js", import.meta.url));
const LEDGER = fileURLToPath(new URL("ledger.jsonl", import.meta.url));
const NAME = "soak-resume";
const DESCRIBED = ["--file", `${PROJECT}/three-machines.yaml`];
/** A rolling restart of three machines takes a minute or two; a kill after its end kills nothing and says so. */
const LONGEST_MS = 120_000;
const WHOLE_LIMIT_MS = 300_000;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Round {
  readonly commit: string;
  readonly seed: number;
  readonly round: number;
  readonly runbook: string;
  /** When each process was killed, in milliseconds after its start. */
  readonly kills: readonly number[];
  /** "whole", or what was wrong. */
  readonly outcome: string;
}

/** mulberry32: the same seed draws the same moments. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function mbctl(args: readonly string[], target = ["--lab", NAME]) {
  return execa(process.execPath, [MBCTL, ...args, ...DESCRIBED, ...target], {
    reject: false,
    all: true,
    env: { CI: "true", NO_COLOR: "1" },
  });
}

/** Starts a command and kills it after a while. Resolves to when, or to undefined when it had ended before. */
async function killed(args: readonly string[], afterMs: number): Promise<number | undefined> {
  const running = mbctl(args);
  const timer = setTimeout(() => running.kill("SIGKILL"), afterMs);
  const { signal } = await running;
  clearTimeout(timer);
  return signal === "SIGKILL" ? Math.round(afterMs) : undefined;
}

async function whole(): Promise<string> {
  const end = performance.now() + WHOLE_LIMIT_MS;
  for (;;) {
    const { exitCode, all } = await mbctl(["status", "--timeout", "30"]);
    if (exitCode === 0) return "whole";
    if (performance.now() > end) return all;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  }
}

/** Writes a row and returns how many there must be from now on. */
async function write(lab: Lab, rows: number): Promise<number> {
  const { stdout } = await exec(lab, "node-1", [
    "mariadb",
    "--batch",
    "--skip-column-names",
    "--execute",
    "CREATE DATABASE IF NOT EXISTS soak; CREATE TABLE IF NOT EXISTS soak.rounds (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO soak.rounds VALUES (); SELECT COUNT(*) FROM soak.rounds",
  ]);
  const count = Number(stdout.trim());
  if (count !== rows + 1) throw new Error(`${rows + 1} rows were written, and ${count} are there`);
  return count;
}

async function oneRound(
  lab: Lab,
  random: () => number,
  runbook: readonly string[],
): Promise<readonly number[]> {
  if (runbook[0] === "recover") {
    await Promise.all(["node-1", "node-2", "node-3"].map((machine) => kill(lab, machine)));
    await Promise.all(["node-1", "node-2", "node-3"].map((machine) => start(lab, machine)));
  }
  const kills: number[] = [];
  let at = await killed([...runbook, "--yes"], random() * LONGEST_MS);
  // One that was killed twice has to be resumed twice; more than three in a row is no longer an accident.
  while (at !== undefined && kills.length < 3) {
    kills.push(at);
    at = await killed(["resume", "--yes"], random() * LONGEST_MS);
  }
  if (at !== undefined) kills.push(at);
  const { exitCode, all } = await mbctl(["resume", "--yes"]);
  if (exitCode !== 0 && !all.includes("[RUN_NONE]")) throw new Error(all);
  return kills;
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seed: { type: "string" },
    yes: { type: "boolean", default: false },
  },
});
try {
  const earlier = await readFile(LEDGER, "utf8").catch(() => "");
  const seed = Number(values.seed ?? earlier.split("\n").filter(Boolean).length + 1);
  const random = generator(seed);
  const { stdout: commit } = await execa("git", ["rev-parse", "--short", "HEAD"], { cwd: PROJECT });
  const engine = await ensureEngine({ yes: values.yes, ask: confirm, report: print });
  let isStopped = false;
  process.on("SIGINT", () => (isStopped = true)).on("SIGTERM", () => (isStopped = true));
  await mbctl(["lab", "down", "--yes"], ["--name", NAME]);
  for (const [args, target] of [
    [
      ["lab", "up", "--yes"],
      ["--name", NAME],
    ],
    [
      ["apply", "--yes"],
      ["--lab", NAME],
    ],
  ] as const) {
    const { exitCode, all } = await mbctl(args, [...target]);
    if (exitCode !== 0) throw new Error(all);
  }
  const lab = await openLab(engine, PROJECT, NAME);
  let rows = 0;
  await whole();
  for (let round = 1; round <= Number(values.rounds) && !isStopped; round++) {
    const runbook = round % 2 === 1 ? ["restart", "--rolling"] : ["recover", "galera"];
    rows = await write(lab, rows);
    let kills: readonly number[] = [];
    let outcome: string;
    try {
      kills = await oneRound(lab, random, runbook);
      outcome = await whole();
    } catch (error) {
      outcome = error instanceof Error ? error.message : String(error);
    }
    const line: Round = { commit, seed, round, runbook: runbook.join(" "), kills, outcome };
    await appendFile(LEDGER, `${JSON.stringify(line)}\n`);
    print(
      `round ${round}: ${line.runbook}, killed after ${kills.join(", ") || "its end"} ms: ${outcome.split("\n")[0]}`,
    );
    if (outcome !== "whole") {
      process.exitCode = 1;
      break;
    }
  }
} catch (error) {
  print(error instanceof UserError ? `${error.message}: ${error.remedy}` : String(error));
  process.exitCode = 1;
} finally {
  await mbctl(["lab", "down", "--yes"], ["--name", NAME]);
}
