import type { CommandOf } from "./command.ts";
import type { Context } from "./context.ts";
import { Records } from "./records.ts";
import { rendezvous } from "./rendezvous.ts";
import { DONE, done, refuse, type Result } from "./result.ts";

export interface BindingRecord {
  readonly node: string;
  /** The entry that wrote it. */
  readonly version: number;
  readonly ttlMs: number;
  readonly expiresAt: number;
}

const MAX_BINDINGS = 100_000;

/** Which client belongs to which node, until the client has been silent for its time-out. */
export class Bindings {
  readonly #records = new Records<BindingRecord>("affinity");

  get(key: string): BindingRecord | undefined {
    return this.#records.get(key);
  }

  list(): readonly (readonly [string, BindingRecord])[] {
    return this.#records.list();
  }

  bind(command: CommandOf<"affinity.bind">, context: Context): Result<{ version: number }> {
    const { key, node, ttlMs, expect } = command;
    const held = this.#records.get(key);
    if (expect !== undefined && expect !== (held?.version ?? 0))
      return refuse("VERSION_MISMATCH", held ? `${key} is bound to ${held.node}` : `${key} is not bound`);
    if (!held && this.#records.size >= MAX_BINDINGS)
      return refuse("TABLE_FULL", "there are too many bindings");
    const expiresAt = context.now + ttlMs;
    this.#records.set(key, { node, version: context.index, ttlMs, expiresAt }, context);
    return done({ version: context.index });
  }

  unbind(command: CommandOf<"affinity.unbind">, context: Context): Result {
    if (!this.#records.delete(command.key, context))
      return refuse("NOT_FOUND", `${command.key} is not bound`);
    return DONE;
  }

  /** Hands all clients of one node over to others, spread evenly and the same on every replica. */
  move(command: CommandOf<"affinity.move">, context: Context): Result<{ moved: number }> {
    const { from, to } = command;
    const bound = this.#records.list().filter(([, binding]) => binding.node === from);
    for (const [key, binding] of bound) {
      const node = rendezvous(key, to)!;
      this.#records.set(key, { ...binding, node, version: context.index }, context);
    }
    return done({ moved: bound.length });
  }

  expire(context: Context): void {
    this.#records.expire(context);
  }

  dump(): unknown {
    return this.#records.dump();
  }

  load(records: ReturnType<Records<BindingRecord>["dump"]>): void {
    this.#records.load(records);
  }
}
