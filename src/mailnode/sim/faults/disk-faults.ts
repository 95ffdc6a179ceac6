/** What happens to disks. */
import { join } from "node:path";
import { SECTOR } from "../../disk/disk.ts";
import type { ForgetfulBlockingDisk } from "../../disk/forgetful-blocking-disk.ts";
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
 * Damages what was durable on a machine: a bit turned over or a sector that reads as zeros, in the log's records (the
 * hard state is one of them) or in the snapshot; while the machine is down, or under its running program. It must refuse
 * to start, or stop when it reads there, or hold all the same; a new one with an empty directory takes its place.
 */
export function damage(world: World, chance: Chance): void {
  const machine = someMachine(world, chance);
  if (machine === undefined || machine.witness || !canLose(world, machine)) return;
  if (chance.happens(0.5)) {
    world.kill(machine);
    world.bringBack(machine, chance.between(3, 20) * world.swarm.tickMs);
  }
  const { blocking } = machine.disk;
  const { fault } = blocking;
  blocking.fault = () => undefined;
  const places = durablePlaces(blocking);
  blocking.fault = fault;
  if (places.length === 0) return;
  // There is one snapshot, and any number of segments.
  const snapshots = chance.happens(0.5) ? places.filter(({ path }) => path.endsWith(".snap")) : [];
  const { path, end } = chance.pick(snapshots.length > 0 ? snapshots : places);
  if (chance.happens(0.5)) blocking.flip(path, chance.below(end), chance.below(8));
  // Of the last sector of a log a part is the last write's.
  else if (end >= SECTOR) blocking.blank(path, chance.below(end - (end % SECTOR)));
  else return;
  machine.damaged = true;
  world.count("damages");
}

/**
 * Files with how much of them was durable for certain. In a log that ends where the last write began: behind, nobody
 * could tell damage from a write that was interrupted.
 */
function durablePlaces(
  disk: ForgetfulBlockingDisk,
): readonly { readonly path: string; readonly end: number }[] {
  const { tail, segments } = readLog(disk, DIRECTORY);
  const log = segments.map(({ segment, ending }) => ({
    path: segmentPath(DIRECTORY, segment),
    end: segment === tail?.segment ? tail.lastWrite : ending.end,
  }));
  const snapshots = disk
    .list(DIRECTORY)
    .filter((name) => name.endsWith(".snap"))
    .map((name) => join(DIRECTORY, name))
    .map((path) => ({ path, end: disk.content(path).length }));
  return [...log, ...snapshots].filter(({ end }) => end > 0);
}
