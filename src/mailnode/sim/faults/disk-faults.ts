/** What happens to disks. */
import { readLog } from "../../raft/log/read-log.ts";
import { segmentPath } from "../../raft/log/segment-name.ts";
import type { Chance } from "../chance.ts";
import { DIRECTORY } from "../start-process.ts";
import type { World } from "../world.ts";
import { canLose, someMachine } from "./process-faults.ts";

/** The next sync fails, and what it was to keep is lost. */
export function syncError(world: World, chance: Chance): void {
  const machine = someMachine(world, chance);
  if (machine !== undefined) machine.diskFault = "EIO";
}

/** No room for a while. */
export function diskFull(world: World, chance: Chance): void {
  const machine = someMachine(world, chance);
  if (machine === undefined) return;
  machine.diskFault = "ENOSPC";
  world.scheduler.after(chance.between(1, 30) * world.swarm.tickMs, undefined, "room again", () => {
    machine.diskFault = undefined;
  });
}

export function slowSync(world: World, chance: Chance): void {
  const machine = chance.pick(world.machines);
  machine.slowness = chance.between(3, 40);
  world.scheduler.after(chance.between(5, 60) * world.swarm.tickMs, undefined, "quick disk again", () => {
    machine.slowness = 1;
  });
}

/**
 * Turns a bit over in the middle of a log, where the last write does not reach, while its machine is down: it must
 * refuse to start or hold all the same, and be replaced by one with an empty directory. In the tail nobody could
 * tell it from a write that was interrupted.
 */
export function flip(world: World, chance: Chance): void {
  const machine = someMachine(world, chance);
  if (machine === undefined || machine.witness || !canLose(world, machine)) return;
  world.kill(machine);
  world.bringBack(machine, chance.between(3, 20) * world.swarm.tickMs);
  const { blocking } = machine.disk;
  machine.disk.fault = () => undefined;
  const { tail, segments } = readLog(blocking, DIRECTORY);
  const places = segments.flatMap(({ segment, ending }) =>
    [{ segment, end: segment === tail?.segment ? tail.lastWrite : ending.end }].filter(({ end }) => end > 0),
  );
  if (places.length === 0) return;
  const { segment, end } = chance.pick(places);
  blocking.flip(segmentPath(DIRECTORY, segment), chance.below(end), chance.below(8));
  machine.damaged = true;
  world.count("flips");
}
