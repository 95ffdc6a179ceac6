/** What happens to the ways between machines. Every cut is healed by the time it was made for. */
import type { Chance } from "../chance.ts";
import type { World } from "../world.ts";

type Ways = readonly (readonly [from: string, to: string])[];

function cutFor(world: World, ways: Ways, ms: number): void {
  for (const [from, to] of ways) world.network.cut(from, to);
  world.scheduler.after(ms, undefined, "heal", () => {
    for (const [from, to] of ways) world.network.heal(from, to);
  });
}

/** All ways between two groups, both ways. */
function between(some: readonly string[], others: readonly string[]): Ways {
  return some.flatMap((one) => others.flatMap((other) => [[one, other] as const, [other, one] as const]));
}

function names(world: World): readonly string[] {
  return world.machines.map(({ name }) => name);
}

function aWhile(world: World, chance: Chance): number {
  const { tickMs, electionTicks } = world.swarm;
  return chance.between(0.5, 6) * electionTicks * tickMs;
}

export function isolate(world: World, chance: Chance): void {
  const one = chance.pick(names(world));
  cutFor(
    world,
    between(
      [one],
      names(world).filter((name) => name !== one),
    ),
    aWhile(world, chance),
  );
}

export function partition(world: World, chance: Chance): void {
  const mixed = chance.shuffled(names(world));
  const size = chance.below(mixed.length);
  cutFor(world, between(mixed.slice(0, size), mixed.slice(size)), aWhile(world, chance));
}

export function oneWay(world: World, chance: Chance): void {
  const [one, ...others] = chance.shuffled(names(world));
  const some = others.filter(() => chance.happens(0.6));
  const ways = some.map((other) =>
    chance.happens(0.5) ? ([one!, other] as const) : ([other, one!] as const),
  );
  cutFor(world, ways, aWhile(world, chance));
}

export function flap(world: World, chance: Chance): void {
  const [one, ...others] = chance.shuffled(names(world));
  const times = 2 + chance.below(6);
  const period = chance.between(1, 8) * world.swarm.tickMs;
  for (let time = 0; time < times; time++)
    world.scheduler.after(2 * time * period, undefined, `${one} is cut off`, () =>
      cutFor(world, between([one!], others), period),
    );
}

export function slowLink(world: World, chance: Chance): void {
  const [from, to] = chance.shuffled(names(world));
  if (to === undefined) return;
  world.network.slow(from!, to, chance.between(2, 30));
  const ms = aWhile(world, chance);
  world.scheduler.after(ms, undefined, "quick again", () => world.network.slow(from!, to, 1));
}

/** Clogs some machines one after the other, and frees them in another order (FoundationDB's swizzle). */
export function swizzle(world: World, chance: Chance): void {
  const { tickMs } = world.swarm;
  const some = names(world).filter(() => chance.happens(0.6));
  for (const one of some) {
    const others = names(world).filter((name) => name !== one);
    world.scheduler.after(chance.between(0, 10) * tickMs, undefined, `${one} is clogged`, () =>
      cutFor(world, between([one], others), chance.between(1, 25) * tickMs),
    );
  }
}

export function reset(world: World, chance: Chance): void {
  const [one, ...others] = chance.shuffled(names(world));
  for (const other of others) if (chance.happens(0.5)) world.network.reset(one!, other);
}
