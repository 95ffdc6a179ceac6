/** What happens to programs: they are killed, lose their power, stand still, come back as somebody else. */
import { isQuorum } from "../majority.ts";
import type { Chance } from "../chance.ts";
import type { Host } from "../process.ts";
import type { World } from "../world.ts";

/** Some running machine; undefined when there is none. */
export function someMachine(world: World, chance: Chance): Host | undefined {
  const up = world.machines.filter(({ process }) => process?.alive === true);
  return up.length === 0 ? undefined : chance.pick(up);
}

export function kill(world: World, chance: Chance): void {
  const machine = someMachine(world, chance);
  if (machine === undefined) return;
  world.kill(machine);
  world.bringBack(machine, chance.between(0, 20) * world.swarm.tickMs);
}

/** At one of the next operations of the disk, so that a write may be half done; at the latest in some ticks. */
export function power(world: World, chance: Chance, machine = someMachine(world, chance)): void {
  if (machine?.process === undefined) return;
  const { process } = machine;
  const { tickMs } = world.swarm;
  machine.powerGoesAt = machine.disk.operations + chance.below(8);
  world.scheduler.after(chance.between(0, 3) * tickMs, undefined, `${machine.name} loses power`, () => {
    if (machine.process === process) world.losePower(machine);
  });
  world.bringBack(machine, chance.between(3, 20) * tickMs);
}

export function powerAll(world: World, chance: Chance): void {
  for (const machine of world.machines) power(world, chance, machine);
}

/** As long as others need to forget it, and to compact what it lacks. */
export function outage(world: World, chance: Chance): void {
  const machine = someMachine(world, chance);
  if (machine === undefined) return;
  world.kill(machine);
  world.bringBack(machine, chance.between(60, 150) * world.swarm.tickMs);
}

export function pause(world: World, chance: Chance): void {
  const process = someMachine(world, chance)?.process;
  if (process === undefined || process.paused) return;
  world.pause(process);
  const { tickMs, electionTicks } = world.swarm;
  const ms = chance.between(0.5, 4) * electionTicks * tickMs;
  world.scheduler.after(ms, undefined, `${process.machine.name} goes on`, () => world.resume(process));
}

export function clockJump(world: World, chance: Chance): void {
  chance.pick(world.machines).clock.skewMs += chance.between(-50_000, 50_000);
}

/** Comes back with an empty directory, as another member: only where the others can do without what it held. */
export function wipe(world: World, chance: Chance): void {
  const machine = someMachine(world, chance);
  if (machine === undefined || !canLose(world, machine)) return;
  world.kill(machine);
  machine.loseDisk();
  world.bringBack(machine, chance.between(5, 30) * world.swarm.tickMs);
}

/**
 * Whether a quorum is left, in every membership that anybody goes by, of members that have not lost their disk. Before
 * anybody goes by one, nobody may be lost: the founders have agreed on each other already.
 */
export function canLose(world: World, machine: Host): boolean {
  if (world.scheduler.now < world.orderedUntil) return false;
  const intact = new Set(
    world.machines.filter((other) => other !== machine && !other.damaged).map(({ id }) => id),
  );
  const memberships = world.machines
    .flatMap(({ promised, process }) => [promised?.durable, process?.running?.appended])
    .flatMap((log) => log?.membership.membership ?? [])
    .filter(({ voters }) => voters.length > 0);
  // A witness holds no state: what it alone has is lost with the one it has it from.
  return (
    memberships.length > 0 &&
    memberships.every(
      (membership) => membership.witnesses.length === 0 && isQuorum(membership, (id) => intact.has(id)),
    )
  );
}
