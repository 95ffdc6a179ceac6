/** Programs that want the same leases, hold them for a while, and believe that they alone do. */
import type { Lease } from "../../cluster/lease-keeper.ts";
import type { Chance } from "../chance.ts";
import type { Process } from "../process.ts";
import { Violation } from "../violation.ts";
import type { World } from "../world.ts";

const NAMES = ["mover", "sweeper"];

export class LeaseHolders {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #held = new Map<string, { readonly process: Process; readonly lease: Lease }[]>();
  readonly #tokens = new Map<string, number>();
  #ended = false;

  constructor(world: World) {
    this.#world = world;
    this.#chance = world.chance.stream("leases");
  }

  end(): void {
    this.#ended = true;
  }

  begin(): void {
    const { scheduler, swarm, active } = this.#world;
    const able = active.filter(({ machine }) => !machine.witness);
    scheduler.after(this.#chance.between(2, 20) * swarm.tickMs, undefined, "lease", () => {
      if (this.#ended) return;
      if (able.length > 0) this.#try(this.#chance.pick(able), this.#chance.pick(NAMES));
      this.begin();
    });
  }

  #try(process: Process, name: string): void {
    const ttlMs = Math.ceil(this.#chance.between(3, 30) * this.#world.swarm.tickMs);
    this.#world.scheduler.after(0, process, `asks for ${name}`, () => {
      // Refused, or nobody knows: then it does not hold it, and what it may have got ends by itself.
      this.#hold(process, name, ttlMs).catch((error: unknown) => {
        if (error instanceof Violation) this.#world.fail(error);
      });
    });
  }

  async #hold(process: Process, name: string, ttlMs: number): Promise<void> {
    // Answers may overtake each other: it is what was known when it was asked that counts.
    const known = this.#tokens.get(name) ?? 0;
    const lease = await process.running!.leases.acquire(name, ttlMs);
    this.#world.count("leases");
    if (lease.token <= known)
      throw new Violation("tokens grow", `${name} was given under token ${lease.token} after ${known}`);
    this.#tokens.set(name, Math.max(lease.token, this.#tokens.get(name) ?? 0));
    const holder = { process, lease };
    this.#held.set(name, [...this.#holders(name), holder]);
    this.#check(name);
    if (this.#chance.happens(0.5)) {
      await process.env.sleep(ttlMs / 2);
      await lease.renew();
      this.#check(name);
    }
    if (this.#chance.happens(0.5)) await lease.release();
  }

  /** Who has it in a process that can still act on it. */
  #holders(name: string) {
    return (this.#held.get(name) ?? []).filter(({ process, lease }) => process.alive && lease.isHeld());
  }

  #check(name: string): void {
    const holders = this.#holders(name).map(
      ({ process, lease }) => `${process.machine.name} (${lease.token})`,
    );
    if (holders.length > 1) throw new Violation("one holder", `${name} is held by ${holders.join(" and ")}`);
  }
}
