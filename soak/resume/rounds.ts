import { killAtStep } from "./kill.ts";
import { pictureOf } from "./picture.ts";
import type { World } from "./world.ts";

/** What a round did and how it ended. */
export interface Ended {
  readonly runbook: string;
  /** Where or when each process was killed: "machine: step", or milliseconds after its start. */
  readonly kills: readonly (string | number)[];
  /** "whole", or what was wrong. */
  readonly outcome: string;
}

/** A rolling restart of three machines takes a minute or two; a kill after its end kills nothing and says so. */
const LONGEST_MS = 120_000;

/** The two long runbooks in turn, each killed and resumed at moments drawn by chance. */
export async function* byChance(world: World, random: () => number): AsyncGenerator<Ended> {
  for (let round = 0; ; round++) {
    const runbook = round % 2 === 0 ? ["restart", "--rolling"] : ["recover", "galera"];
    yield await judged(runbook.join(" "), async (kills) => {
      await world.writeRow();
      if (runbook[0] === "recover") await world.losePower();
      let at = await killedAfter(world, [...runbook, "--yes"], random() * LONGEST_MS);
      // One that was killed twice has to be resumed twice; more than three in a row is no longer an accident.
      while (at !== undefined) {
        kills.push(at);
        if (kills.length === 3) break;
        at = await killedAfter(world, ["resume", "--yes"], random() * LONGEST_MS);
      }
      await world.resume();
      return world.whole();
    });
  }
}

/**
 * `maintenance enter` and `exit` of one machine, killed at the first step, at the second, and so on until both end
 * before they are killed; each time they must come to what they come to undisturbed.
 */
export async function* stepByStep(world: World, machine: string, first = 1): AsyncGenerator<Ended> {
  const enter = ["maintenance", "enter", machine, "--yes"];
  const exit = ["maintenance", "exit", machine, "--yes"];
  const away = async () => {
    await world.mustSucceed(["failover", "balancer", "--to", machine, "--yes"]).catch(() => undefined);
    await world.mustSucceed(["failover", "cache", "--to", machine, "--yes"]).catch(() => undefined);
  };
  // It has the most to give away when it leads.
  await away();
  await world.mustSucceed(enter);
  const inside = await pictureOf(world.lab);
  await world.mustSucceed(exit);
  await world.whole();
  const outside = await pictureOf(world.lab);
  for (let nth = first, isOver = false; !isOver; nth++) {
    yield await judged(`maintenance, step ${nth}`, async (kills) => {
      await world.writeRow();
      await away();
      const differs: string[] = [];
      isOver = true;
      for (const [args, picture] of [
        [enter, inside],
        [exit, outside],
      ] as const) {
        const killed = await killAtStep(() => world.start(args), world.runs, nth);
        if (killed.killedAt !== undefined) {
          isOver = false;
          kills.push(killed.killedAt);
          await world.resume();
        } else if (killed.code !== 0) return `mbctl ${args.join(" ")} ended with ${killed.code}`;
        if (args === exit) await world.whole();
        const now = await pictureOf(world.lab);
        if (now !== picture) differs.push(`after ${args[1]} ${difference(picture, now)}`);
      }
      return differs.length > 0 ? differs.join("; ") : world.whole();
    });
  }
}

async function judged(
  runbook: string,
  round: (kills: (string | number)[]) => Promise<string>,
): Promise<Ended> {
  const kills: (string | number)[] = [];
  try {
    return { runbook, kills, outcome: await round(kills) };
  } catch (error) {
    return { runbook, kills, outcome: error instanceof Error ? error.message : String(error) };
  }
}

/** Starts a command and kills it after a while. Resolves to when, or to undefined when it had ended before. */
async function killedAfter(
  world: World,
  args: readonly string[],
  afterMs: number,
): Promise<number | undefined> {
  const { process, ended } = world.start(args);
  const timer = setTimeout(() => process.kill("SIGKILL"), afterMs);
  const { signal } = await ended;
  clearTimeout(timer);
  return signal === "SIGKILL" ? Math.round(afterMs) : undefined;
}

/** The lines that one picture has and the other has not. */
export function difference(wanted: string, found: string): string {
  const [before, after] = [wanted.split("\n"), found.split("\n")];
  const gone = before.filter((line) => !after.includes(line)).map((line) => `- ${line}`);
  const come = after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
  return [...gone, ...come].join(", ") || "lines in another order";
}
