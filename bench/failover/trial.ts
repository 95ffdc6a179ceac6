import { loadavg } from "node:os";
import { exec } from "../../src/toolkit/lab/lab.ts";
import { startProbe, type Try } from "./probes.ts";
import { TIERS, type Kill, type Recovery, type Tier } from "./record.ts";
import type { World } from "./world.ts";

const LIMIT_MS = 30_000;
/** The asking begins before the kill, so that nothing is counted that belongs to its start. */
const BEFORE_MS = 2_000;

/** Takes the power from the machine that holds the tier, and gives it back when the tier answers again. */
export async function killHolder(world: World, tier: Tier): Promise<Kill> {
  await world.whole();
  const killed = await world.holderOf(tier);
  const held = await heldBy(world, killed);
  const from = world.machines.find((machine) => machine !== killed)!;
  const probe = await startProbe(tier, world.lab, from);
  await wait(BEFORE_MS);
  const killedAt = Date.now();
  await world.kill(killed);
  await wait(LIMIT_MS / 3);
  const tries = await probe.stop();
  await world.start(killed);
  const after = tries.filter(({ startedMs }) => startedMs >= killedAt);
  const good = firstGoodAfterSilence(tries, killedAt);
  return {
    tier,
    killed,
    held,
    ...(good && { gapMs: good.endedMs - killedAt }),
    tries: after.length,
    failed: after.filter(({ isGood }) => !isGood).length,
    load: loadavg()[0]!,
  };
}

/**
 * The first good answer after the last one that failed in a row from the kill on: what was under way when the machine
 * died may still be answered, and does not count as an answer of the successor.
 */
function firstGoodAfterSilence(tries: readonly Try[], killedAt: number): Try | undefined {
  const after = tries
    .filter(({ endedMs }) => endedMs >= killedAt)
    .toSorted((a, b) => a.startedMs - b.startedMs);
  const firstBad = after.findIndex(({ isGood }) => !isGood);
  if (firstBad < 0) return after[0];
  return after.slice(firstBad).find(({ isGood }) => isGood);
}

async function heldBy(world: World, machine: string): Promise<readonly Tier[]> {
  const holders = await Promise.all(TIERS.map((tier) => world.holderOf(tier).catch(() => undefined)));
  return TIERS.filter((_tier, index) => holders[index] === machine);
}

/**
 * All machines lose their power at once and get it back with a database that does not start by itself: no saved view to
 * restore. Then one command.
 */
export async function loseAll(world: World): Promise<Recovery> {
  await world.whole();
  await Promise.all(world.machines.map((machine) => world.kill(machine)));
  await Promise.all(world.machines.map((machine) => world.start(machine)));
  await Promise.all(
    world.machines.map((machine) =>
      exec(world.lab, machine, [
        "sh",
        "-c",
        "systemctl kill -s KILL mariadb; systemctl stop mariadb; rm -f /var/lib/mysql/gvwstate.dat",
      ]),
    ),
  );
  const begun = performance.now();
  const exitCode = await world.mbctl("recover", "galera");
  return { commandMs: performance.now() - begun, exitCode, load: loadavg()[0]! };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
