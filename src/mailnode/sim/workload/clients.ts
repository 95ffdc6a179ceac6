/** Programs on the nodes that read and write keys, one operation after the other, and write down what they saw. */
import type { ConsistencyLevel } from "../../../contract/cluster-api.ts";
import { LevelNotMet, NotProposed, OutcomeUnknown } from "../../cluster/consensus.ts";
import { Refused } from "../../cluster/replica.ts";
import type { Chance } from "../chance.ts";
import { Recorder, type Output } from "../linearizable/history.ts";
import type { Process } from "../process.ts";
import type { World } from "../world.ts";
import { Oracle } from "./oracle.ts";

/** A register is given up for the next after so many operations: the checker's work grows with them. */
const OPERATIONS_EACH = 40;

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

export class Clients {
  readonly oracle = new Oracle();
  readonly recorder = new Recorder();
  readonly #world: World;
  readonly #chance: Chance;
  #operations = 0;
  #ended = false;

  constructor(world: World) {
    this.#world = world;
    this.#chance = world.chance.stream("clients");
  }

  begin(): void {
    for (let client = 0; client < this.#world.swarm.clients; client++) this.#next();
  }

  end(): void {
    this.#ended = true;
  }

  /** Tells the oracle of what a replica applies. */
  watch(process: Process): void {
    process.running!.replica.watch("keys", "", {
      changed: ({ key, change, record, index }) => {
        if (change !== "set") return;
        const { value } = record as { readonly value: Uint8Array };
        this.#world.guard(() => this.oracle.applied(key, text(value)!, index));
      },
    });
  }

  /** One operation, then the next one after some thought; on another node when this one ends under it. */
  #next(): void {
    if (this.#ended) return;
    const { scheduler, swarm, machines } = this.#world;
    const think = this.#chance.between(0, 2) * swarm.thinkMs;
    // One that is paused asks as soon as it goes on.
    const able = machines.flatMap(({ process, witness }) =>
      process?.alive === true && process.started && !witness ? [process] : [],
    );
    if (able.length === 0) {
      scheduler.after(swarm.tickMs, undefined, "client waits", () => this.#next());
      return;
    }
    const process = this.#chance.pick(able);
    let over = false;
    const done = (): void => {
      if (over) return;
      over = true;
      scheduler.after(think, undefined, "client", () => this.#next());
    };
    process.onEnd(done);
    scheduler.after(0, process, "client asks", () => {
      this.#operate(process).then(done, (error: unknown) => this.#world.fail(error as Error));
    });
  }

  async #operate(process: Process): Promise<void> {
    const draw = this.#chance.next();
    const register = `register/${Math.floor(this.#operations++ / OPERATIONS_EACH) * 2 + this.#chance.below(2)}`;
    if (draw < 0.3) return this.#writeOnce(process);
    if (draw < 0.6) return this.#read(process, register);
    if (draw < 0.8) return this.#write(process, register);
    return this.#compareAndSet(process, register);
  }

  /** A key of its own: at the end it must be there, if it was acknowledged. */
  async #writeOnce({ running }: Process): Promise<void> {
    const level: ConsistencyLevel = this.#chance.happens(0.9) ? "quorum" : this.#chance.pick(["one", "all"]);
    const key = `once/${this.#operations}`;
    const value = this.oracle.ask(key);
    try {
      const { committed, version } = await running!.state.set(key, bytes(value), { level });
      if (committed) this.oracle.acknowledged(value, version, 0);
      this.#world.count("writes");
    } catch (error) {
      if (error instanceof LevelNotMet) this.oracle.acknowledged(value, undefined, 0);
      else if (verdict(error) === undefined) this.oracle.refused(value);
    }
  }

  async #write({ running }: Process, key: string): Promise<void> {
    const value = this.oracle.ask(key);
    const floor = this.oracle.floor(key);
    await this.recorder.run(
      key,
      { kind: "write", value },
      async () => {
        const { version } = await running!.state.set(key, bytes(value));
        this.oracle.acknowledged(value, version, floor);
        this.#world.count("writes");
        return { kind: "done" };
      },
      (error) => this.#verdict(value, error),
    );
  }

  async #read({ running }: Process, key: string): Promise<void> {
    const floor = this.oracle.floor(key);
    await this.recorder.run(
      key,
      { kind: "read" },
      async () => {
        const record = await running!.state.get(key);
        const value = text(record?.value);
        this.oracle.read(key, value, record?.version ?? 0, floor);
        this.#world.count("reads");
        return { kind: "value", value };
      },
      verdict,
    );
  }

  async #compareAndSet({ running }: Process, key: string): Promise<void> {
    const record = running!.state.getStale(key);
    const from = text(record?.value);
    const value = this.oracle.ask(key);
    const floor = this.oracle.floor(key);
    await this.recorder.run(
      key,
      { kind: "compareAndSet", from, to: value },
      async () => {
        const before = record?.version ?? 0;
        const { version } = await running!.state.compareAndSet(key, before, bytes(value));
        this.oracle.acknowledged(value, version, floor, before);
        this.#world.count("swaps");
        return { kind: "done" };
      },
      (error) => {
        if (!(error instanceof Refused && error.refusal.code === "VERSION_MISMATCH"))
          return this.#verdict(value, error);
        this.oracle.refused(value);
        return { kind: "mismatch" };
      },
    );
  }

  #verdict(value: string, error: unknown): Output | undefined {
    const output = verdict(error);
    if (output === undefined) this.oracle.refused(value);
    return output;
  }
}

/** What is known of an operation that ended with an error: undefined when it certainly had no effect. */
function verdict(error: unknown): Output | undefined {
  if (error instanceof NotProposed || error instanceof Refused) return undefined;
  if (error instanceof OutcomeUnknown) return { kind: "unknown" };
  throw error;
}
