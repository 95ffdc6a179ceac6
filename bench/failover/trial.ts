import { loadavg } from "node:os";
import { exec } from "../../src/toolkit/lab/lab.ts";
import { firstGoodAfterSilence } from "./gap.ts";
import { startProbe, type Probe, type Try } from "./probes.ts";
import { TIERS, type Kill, type Recovery, type SavedView, type Tier } from "./record.ts";
import { TARGETS } from "./targets.ts";
import type { World } from "./world.ts";

/** Nobody waits longer for a tier. */
const LIMIT_MS = 30_000;
/** The asking begins before the kill, so that nothing is counted that belongs to its start. */
const BEFORE_MS = 2_000;
/** A tier is back when it has answered for so long. */
const CALM_MS = 1_000;
const LOOK_MS = 500;

/**
 * Takes the power from the machine that holds the tier, and gives it back when all that it held answers again: a
 * measurement of each of them.
 */
export async function killHolder(world: World, tier: Tier): Promise<readonly Kill[]> {
  await world.whole();
  const killed = await world.holderOf(tier);
  const held = await heldBy(world, killed);
  const from = world.machines.find((machine) => machine !== killed)!;
  const probes = await Promise.all(held.map((each) => startProbe(each, world.lab, from)));
  await wait(BEFORE_MS);
  const killedAt = Date.now();
  await world.kill(killed);
  const found = await Promise.all(probes.map((probe) => answered(probe, killedAt)));
  await Promise.all(probes.map((probe) => probe.stop()));
  const goods = found.map((tries) => firstGoodAfterSilence(tries, killedAt));
  const isLate = held.map((each, index) => (goods[index]?.endedMs ?? Infinity) - killedAt > TARGETS[each]);
  const journal = isLate.includes(true) ? await world.journalSince(killedAt - BEFORE_MS, killed) : undefined;
  await world.start(killed);
  return held.map((each, index) => {
    const after = found[index]!.filter(({ startedMs }) => startedMs >= killedAt);
    const good = goods[index];
    return {
      tier: each,
      killed,
      held,
      ...(good && { gapMs: good.endedMs - killedAt }),
      tries: after.length,
      failed: after.filter(({ isGood }) => !isGood).length,
      load: loadavg()[0]!,
      ...(isLate[index] && journal !== undefined && { journal }),
    };
  });
}

/** What was asked until the tier answered calmly after the kill, or nobody waits any longer. */
async function answered(probe: Probe, killedAt: number): Promise<readonly Try[]> {
  for (;;) {
    await wait(LOOK_MS);
    const tries = await probe.tries();
    const now = Date.now();
    const bad = tries.filter(({ isGood, endedMs }) => !isGood && endedMs >= killedAt);
    const good = firstGoodAfterSilence(tries, killedAt);
    const isCalm =
      good !== undefined &&
      now - good.endedMs >= CALM_MS &&
      bad.every(({ startedMs }) => startedMs <= good.startedMs) &&
      // A death that nobody has noticed yet is no return.
      (bad.length > 0 || now - killedAt >= LIMIT_MS / 3);
    if (isCalm || now - killedAt >= LIMIT_MS) return tries;
  }
}

async function heldBy(world: World, machine: string): Promise<readonly Tier[]> {
  const holds = await Promise.all(TIERS.map((tier) => world.holds(machine, tier).catch(() => false)));
  return TIERS.filter((_tier, index) => holds[index]);
}

/**
 * All machines lose their power at once and get it back with a database that does not start by itself, and with no saved
 * view where that is to be lost: then nothing is left but to choose a member. Then one command.
 */
export async function loseAll(world: World, savedView: SavedView): Promise<Recovery> {
  await world.whole();
  await Promise.all(world.machines.map((machine) => world.kill(machine)));
  await Promise.all(world.machines.map((machine) => world.start(machine)));
  await Promise.all(
    world.machines.map((machine) =>
      exec(world.lab, machine, [
        "sh",
        "-c",
        `systemctl kill -s KILL mariadb; systemctl stop mariadb; ${savedView === "lost" ? LOSE_VIEW : ""}`,
      ]),
    ),
  );
  const begun = performance.now();
  const exitCode = await world.mbctl("recover", "galera");
  return { savedView, commandMs: performance.now() - begun, exitCode, load: loadavg()[0]! };
}

const LOSE_VIEW = "rm -f /var/lib/mysql/gvwstate.dat";

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
