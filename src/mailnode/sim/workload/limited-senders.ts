/** Programs on all nodes that send under one limit of the whole cluster. */
import type { Chance } from "../chance.ts";
import type { Process } from "../process.ts";
import { Violation } from "../violation.ts";
import type { World } from "../world.ts";

const NAME = "sent";
const LIMIT = 12;

export class LimitedSenders {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #windowMs: number;
  /** When something was sent, in true time. */
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
    this.#world.scheduler.after(0, process, "wants to send", () => {
      this.#one(process).catch((error: unknown) => {
        if (error instanceof Violation) this.#world.fail(error);
      });
    });
  }

  async #one(process: Process): Promise<void> {
    const { limits, replica } = process.running!;
    if (replica.machine.limits.get(NAME) === undefined) {
      const windowMs = this.#windowMs;
      await limits.define(NAME, { algorithm: "sliding-window", limit: LIMIT, windowMs, syncIntervalMs: 50 });
      return;
    }
    const decision = await limits.check(NAME);
    if (!decision.allowed) return;
    this.#world.count("sent");
    const { now } = this.#world.scheduler;
    this.#uses = [...this.#uses.filter((at) => at > now - this.#windowMs), now];
    if (this.#uses.length > LIMIT)
      throw new Violation("no more than the limit", `${this.#uses.length} were sent in ${this.#windowMs} ms`);
  }
}
