/** Disturbs a world, by the weights of its seed, until it is told to end. */
import type { Chance } from "./chance.ts";
import { damage, diskFull, slowSync, syncError } from "./faults/disk-faults.ts";
import { flap, isolate, oneWay, partition, reset, slowLink, swizzle } from "./faults/network-faults.ts";
import { members, transfer } from "./faults/orders.ts";
import { clockJump, kill, outage, pause, power, powerAll, wipe } from "./faults/process-faults.ts";
import { DISTURBANCES, type Disturbance } from "./swarm.ts";
import type { World } from "./world.ts";

const ACTS: Record<Disturbance, (world: World, chance: Chance) => void> = {
  kill,
  power: (world, chance) => power(world, chance),
  powerAll,
  pause,
  outage,
  wipe,
  isolate,
  partition,
  oneWay,
  flap,
  slowLink,
  swizzle,
  reset,
  syncError,
  diskFull,
  slowSync,
  damage,
  clockJump,
  transfer,
  members,
};

export class Nemesis {
  readonly #world: World;
  readonly #chance: Chance;
  #ended = false;

  constructor(world: World) {
    this.#world = world;
    this.#chance = world.chance.stream("nemesis");
  }

  begin(): void {
    const { disturbanceTicks, tickMs } = this.#world.swarm;
    const ms = this.#chance.between(0, 2) * disturbanceTicks * tickMs;
    this.#world.scheduler.after(ms, undefined, "disturbance", () => {
      if (this.#ended) return;
      if (!this.#isQuiet()) this.#act();
      this.begin();
    });
  }

  /** Ends all disturbances for good: the world is whole some time later. */
  end(): void {
    this.#ended = true;
    const { machines, network } = this.#world;
    network.calm();
    for (const machine of machines) {
      machine.diskFault = undefined;
      machine.slowness = 1;
      machine.powerGoesAt = Infinity;
      if (machine.process?.alive === true) this.#world.resume(machine.process);
      else if (machine.process === undefined) this.#world.start(machine);
    }
  }

  #isQuiet(): boolean {
    const { swarm, scheduler } = this.#world;
    if (swarm.quietTicks === 0) return false;
    return Math.floor(scheduler.now / (swarm.quietTicks * swarm.tickMs)) % 2 === 1;
  }

  #act(): void {
    const { weights } = this.#world.swarm;
    const total = DISTURBANCES.reduce((sum, name) => sum + weights[name], 0);
    let at = this.#chance.next() * total;
    for (const name of DISTURBANCES) {
      at -= weights[name];
      if (at >= 0) continue;
      this.#world.tell("-", `disturbance: ${name}`);
      this.#world.count(name);
      return ACTS[name](this.#world, this.#chance);
    }
  }
}
