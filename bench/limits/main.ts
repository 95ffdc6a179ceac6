import { performance } from "node:perf_hooks";
import { Interruption } from "../common/interruption.ts";
import { loadAverages, machineFacts } from "../common/machine.ts";
import { runCommand } from "../common/main.ts";
import { print, printReport } from "../common/report.ts";
import { keepRun, readRun } from "../common/results.ts";
import { startNode, type Node } from "./node.ts";
import { parseOptions, type Options } from "./options.ts";
import { casesFor, SIDES, type Case, type Run, type Series, type SideName } from "./record.ts";
import { forgetLimit, ourSides, peerSide, type Side } from "./sides.ts";
import { missing, tableOf, verdictOf } from "./summary.ts";

/*
 * `npm run bench:limits`: what one decision about a limit costs on the node that is asked, from what it has in hand, for
 * each algorithm; beside it a limiter in the memory of one process. A real node, a cluster by itself, has granted what is
 * in hand. Options: --rounds 31 --decisions 2000 --clients 25000; or a file of results/, to see its table again.
 */

/** So many rounds before those that count: the code is compiled by then. */
const WARM_UP = 5;

async function measure(options: Options): Promise<Run> {
  const startedAt = new Date().toISOString();
  const load = loadAverages();
  const node = await startNode();
  const interruption = new Interruption();
  const planned = casesFor(options.clients);
  const series: Series[] = [];
  try {
    for (const one of planned) {
      // What was measured until then is kept.
      if (interruption.endedBy !== undefined) break;
      series.push(...(await measureCase(node, one, options)));
      print(`${one.algorithm}, ${one.clients} clients, ${one.answer}: measured`);
    }
  } finally {
    interruption.release();
    await node.stop();
  }
  const { rounds, decisions, clients } = options;
  const command = `npm run bench:limits -- --rounds ${rounds} --decisions ${decisions} --clients ${clients}`;
  const machine = { ...machineFacts(), node: process.version, load: `${load}; at the end ${loadAverages()}` };
  return { startedAt, command, machine, rounds, decisions, planned, series };
}

async function measureCase(
  { limits }: Node,
  one: Case,
  { rounds, decisions }: Options,
): Promise<readonly Series[]> {
  const clients = namesOf(one.clients);
  const sides = [await peerSide(one, clients), ...(await ourSides(limits, one, clients))];
  const times = new Map<SideName, number[]>(SIDES.map((name) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round++) {
    const asked = Array.from(
      { length: decisions },
      (_, at) => clients[((round + WARM_UP) * decisions + at) % clients.length]!,
    );
    // Each round begins with another one, so that none always comes first.
    const first = (round + WARM_UP) % sides.length;
    for (const side of [...sides.slice(first), ...sides.slice(0, first)]) {
      const us = await timed(side, asked, one.answer);
      if (round >= 0 && us !== undefined) times.get(side.name)!.push(us);
    }
  }
  await forgetLimit(limits);
  return [...times].map(([side, us]) => ({ ...one, side, us }));
}

/** Microseconds of one decision; undefined when any was answered otherwise, or not at once. */
async function timed(
  side: Side,
  asked: readonly string[],
  answer: Case["answer"],
): Promise<number | undefined> {
  const begin = performance.now();
  const answers = await side.decide(asked);
  const ms = performance.now() - begin;
  return answers[answer] === asked.length ? (ms * 1000) / asked.length : undefined;
}

/** "" is the cluster as a whole. */
function namesOf(clients: number): readonly string[] {
  if (clients === 0) return [""];
  return Array.from({ length: clients }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
}

await runCommand(async (args) => {
  const options = parseOptions(args);
  const kept = options.result === undefined ? undefined : ((await readRun(options.result)) as Run);
  const run = kept ?? (await measure(options));
  if (!kept) print(`\nraw rounds: ${await keepRun(import.meta.dirname, run)}`);
  printReport(tableOf(run), missing(run), verdictOf(run));
});
