/** Programs on all nodes that send under one limit of the whole cluster. */
import type { Chance } from "../chance.ts";
import type { Process } from "../process.ts";
import { Violation } from "../violation.ts";
import type { World } from "../world.ts";

const NAME = "sent";
const LIMIT = 12;
/** Of one sending: mostly one, at times half of the limit, and seldom more than there ever is. */
const COSTS = [1, 1, 1, 1, 2, 2, 3, 6, 12, 13];

export class LimitedSenders {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #windowMs: number;
  /** When each unit was sent, in true time. */
  #uses: number[] = [];
  #ended = false;

  constructor(world: World) {
    this.#world = world;
    this.#chance = world.chance.stream("limits");
    this.#windowMs = Math.max(200, Math.ceil(20 * world.swarm.tickMs));
  }

  end(): void {
    this.#ended = true;
  }

  begin(): void {
    const { scheduler, swarm, active } = this.#world;
    const able = active.filter(({ machine }) => !machine.witness);
    scheduler.after(this.#chance.between(1, 10) * swarm.tickMs, undefined, "send", () => {
      if (this.#ended) return;
      if (able.length > 0) this.#send(this.#chance.pick(able));
      this.begin();
    });
  }

  #send(process: Process): void {
    const cost = this.#chance.pick(COSTS);
    this.#world.scheduler.after(0, process, "wants to send", () => {
      this.#one(process, cost).catch((error: unknown) => {
        if (error instanceof Violation) this.#world.fail(error);
      });
    });
  }

  async #one(process: Process, cost: number): Promise<void> {
    const { limits, replica } = process.running!;
    if (replica.machine.limits.get(NAME) === undefined) {
      const windowMs = this.#windowMs;
      await limits.define(NAME, { algorithm: "sliding-window", limit: LIMIT, windowMs, syncIntervalMs: 50 });
      return;
    }
    const decision = await limits.check(NAME, "", cost);
    if (!decision.allowed) return;
    this.#world.count("sent");
    const { now } = this.#world.scheduler;
    const units = Array.from({ length: cost }, () => now);
    this.#uses = [...this.#uses.filter((at) => at > now - this.#windowMs), ...units];
    if (this.#uses.length > LIMIT)
      throw new Violation("no more than the limit", `${this.#uses.length} were sent in ${this.#windowMs} ms`);
  }
}
