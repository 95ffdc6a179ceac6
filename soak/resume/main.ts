import { appendFile, readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { mulberry32 } from "../../src/mailnode/sim/mulberry32.ts";
import { UserError } from "../../src/support/errors.ts";
import { byChance, stepByStep, type Ended } from "./rounds.ts";
import { World } from "./world.ts";

/*
 * `npm run soak:resume`: in a lab of three machines runs of mbctl are killed with SIGKILL, again and again, resumed, and
 * the cluster must be whole each time with every row that was written before. `restart --rolling` and `recover galera`
 * are killed at moments drawn by chance; with --runbook maintenance `maintenance enter` and `exit` are killed at every
 * step, and must leave what they leave undisturbed.
 * Options: --runbook chance|maintenance --rounds 20 --seed 1 --from-step 1 --yes. Each round adds a line to
 * ledger.jsonl: the commit, the seed, what was killed where, and how it ended. Ctrl-C ends it after a round; the next
 * run goes on with the next seed.
 */
const LEDGER = fileURLToPath(new URL("ledger.jsonl", import.meta.url));
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** A line of the ledger. */
interface Line extends Ended {
  readonly commit: string;
  readonly seed: number;
  readonly round: number;
}

const { values } = parseArgs({
  options: {
    runbook: { type: "string", default: "chance" },
    rounds: { type: "string" },
    seed: { type: "string" },
    "from-step": { type: "string", default: "1" },
    yes: { type: "boolean", default: false },
  },
});
try {
  const isMaintenance = values.runbook === "maintenance";
  if (!isMaintenance && values.runbook !== "chance")
    throw new UserError(
      "SOAK_OPTION",
      `--runbook got ${JSON.stringify(values.runbook)}`,
      "give chance or maintenance",
    );
  const most = Number(values.rounds ?? (isMaintenance ? Infinity : 20));
  const earlier = await readFile(LEDGER, "utf8").catch(() => "");
  const seed = Number(values.seed ?? earlier.split("\n").filter(Boolean).length + 1);
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const { stdout: commit } = await execa("git", ["rev-parse", "--short", "HEAD"], { cwd: folder });
  let isStopped = false;
  process.on("SIGINT", () => (isStopped = true)).on("SIGTERM", () => (isStopped = true));
  const world = await World.up(values.yes || process.env["CI"] === "true", print);
  const rounds = isMaintenance
    ? stepByStep(world, "node-1", Number(values["from-step"]))
    : byChance(world, mulberry32(seed));
  let round = 0;
  for await (const ended of rounds) {
    const line: Line = { commit, seed, round: ++round, ...ended };
    await appendFile(LEDGER, `${JSON.stringify(line)}\n`);
    print(
      `round ${round}: ${line.runbook}, killed at ${line.kills.join(", ") || "no moment"}: ${line.outcome.split("\n")[0]}`,
    );
    if (line.outcome !== "whole") process.exitCode = 1;
    if (line.outcome !== "whole" || isStopped || round >= most) break;
  }
} catch (error) {
  print(error instanceof UserError ? `${error.message}: ${error.remedy}` : String(error));
  process.exitCode = 1;
} finally {
  await World.down();
}
