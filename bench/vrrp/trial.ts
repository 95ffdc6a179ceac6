import { loadavg } from "node:os";
import { PORTS } from "../../src/contract/ports.ts";
import { kill } from "../../src/toolkit/lab/power.ts";
import { systemEnv } from "../../src/toolkit/runner/system-env.ts";
import type { Balancers, Timing } from "./balancers.ts";
import { freeze } from "./freezer.ts";
import { gapOf } from "./gap.ts";
import { judge } from "./holders.ts";
import { Load } from "./load.ts";
import { Prober } from "./prober.ts";
import type { Block, Kill, Pause } from "./record.ts";
import { Watch } from "./watch.ts";

/** How long the holder is frozen. */
export const PAUSE_MS = 500;
/** From the load's start to the first fault, and from a fault's end to the end of its window, beside two adverts. */
const SETTLE_MS = 700;
const ANSWER_LIMIT_MS = 15_000;

export interface Trial extends Timing {
  readonly round: number;
  readonly pauses: number;
  readonly kills: number;
  /** Asked before each fault. */
  readonly isStopped: () => boolean;
}

/** One interval in one round: pauses under load, and losses of power under load and without. */
export async function runBlock(balancers: Balancers, trial: Trial): Promise<Block> {
  await balancers.settled();
  await balancers.apply(trial);
  await balancers.settled();
  const advertised = await advertisedBy(balancers);
  const kills: Kill[] = [];
  const killAll = async (busy: boolean) => {
    for (let n = 0; n < trial.kills && !trial.isStopped(); n++) kills.push(await killHolder(balancers, busy));
  };
  // Every loss of power moves the VIP: with an odd count the other machine is the holder in every second round.
  const killsFirst = trial.round % 2 === 1;
  if (killsFirst) await killAll(true);
  const paused = await pauseBlock(balancers, trial);
  if (!killsFirst) await killAll(true);
  await killAll(false);
  return { round: trial.round, intervalMs: trial.intervalMs, advertised, ...paused, kills };
}

async function advertisedBy(balancers: Balancers): Promise<string> {
  const dumps = await Promise.all(balancers.names.map((name) => balancers.dump(name)));
  return dumps.map((dump) => /Advert interval = (.*)/.exec(dump)?.[1] ?? "unknown").join(", ");
}

async function pauseBlock(
  balancers: Balancers,
  trial: Trial,
): Promise<Pick<Block, "load" | "pauses" | "journal">> {
  const { lab, names } = balancers;
  let holder: string = await balancers.settled();
  const sinceMs = Date.now();
  const watches: Watch[] = [];
  let load: Load | undefined;
  const pauses: Pause[] = [];
  const before = loadavg()[0]!;
  try {
    for (const name of names) watches.push(await Watch.start(lab, name));
    load = await Load.start(lab, names);
    await systemEnv.sleep(SETTLE_MS);
    while (pauses.length < trial.pauses && !trial.isStopped()) {
      const one = await pauseHolder(balancers, watches, holder, trial.intervalMs);
      pauses.push(one);
      holder = judge(holder, one.changes, one.windowMs).holderAtEnd ?? (await balancers.settled());
    }
  } finally {
    for (const watch of watches) watch.stop();
    await load?.stop();
  }
  const journal = await Promise.all(names.map((name) => balancers.stateChanges(name, sinceMs)));
  return { load: [before, loadavg()[0]!], pauses, journal: journal.flat().toSorted() };
}

async function pauseHolder(
  { lab }: Balancers,
  watches: readonly Watch[],
  holder: string,
  intervalMs: number,
): Promise<Pause> {
  // At any point between two adverts.
  await systemEnv.sleep(systemEnv.random() * intervalMs);
  const asked = Date.now();
  const frozenMs = await freeze(lab, holder, PAUSE_MS);
  await systemEnv.sleep(SETTLE_MS + 2 * intervalMs);
  return {
    holder,
    frozenMs,
    changes: watches.flatMap((watch) => watch.after(asked)).toSorted((a, b) => a.atMs - b.atMs),
    windowMs: Date.now() - asked,
  };
}

async function killHolder(balancers: Balancers, busy: boolean): Promise<Kill> {
  const { lab, names } = balancers;
  const { vip } = lab.state.topology.network;
  const holder = await balancers.settled();
  // Only of the one that stays: a watch would keep the other's network alive after its power is gone.
  const watch = await Watch.start(lab, balancers.other(holder));
  const prober = new Prober(vip, PORTS.console);
  let load: Load | undefined;
  try {
    if (busy) load = await Load.start(lab, names);
    await systemEnv.sleep(SETTLE_MS + 1000);
    const killed = Date.now();
    await kill(lab, holder);
    const moved = await firstOf(() => watch.after(killed).find(({ bears }) => bears)?.atMs);
    if (moved === undefined) throw new Error(`${balancers.other(holder)} never took the VIP`);
    const gap = await firstOf(() => gapOf(prober.attempts, killed, killed + moved));
    return { holder, busy, movedMs: moved, ...(gap && { gap }), load: loadavg()[0]! };
  } finally {
    prober.stop();
    watch.stop();
    await load?.stop();
  }
}

async function firstOf<T>(look: () => T | undefined): Promise<T | undefined> {
  const end = performance.now() + ANSWER_LIMIT_MS;
  while (performance.now() < end) {
    const found = look();
    if (found !== undefined) return found;
    await systemEnv.sleep(20);
  }
  return undefined;
}
