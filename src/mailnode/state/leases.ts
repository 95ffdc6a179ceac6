import type { CommandOf } from "./command.ts";
import type { Context } from "./context.ts";
import { Records } from "./records.ts";
import { DONE, done, refuse, type Result } from "./result.ts";

export interface LeaseRecord {
  readonly holder: string;
  /**
   * The index of the entry that granted it. It only ever grows, so that what a lease guards can refuse a holder
   * that came before the one it has already seen (a lock without this is broken by one long pause).
   */
  readonly token: number;
  readonly expiresAt: number;
}

const MAX_LEASES = 10_000;

/** Leases by name, each with one holder at a time. */
export class Leases {
  readonly #records = new Records<LeaseRecord>("leases");

  get(name: string): LeaseRecord | undefined {
    return this.#records.get(name);
  }

  list(): readonly (readonly [string, LeaseRecord])[] {
    return this.#records.list();
  }

  /** Refused while it is held, to the holder's name too: that may be another life, or another part, of the same node. */
  acquire(command: CommandOf<"lease.acquire">, context: Context): Result<{ token: number }> {
    const { name, holder, ttlMs } = command;
    const held = this.#records.get(name);
    if (held) return refuse("LEASE_HELD", `${name} is held by ${held.holder}`, held.expiresAt - context.now);
    if (this.#records.size >= MAX_LEASES) return refuse("TABLE_FULL", "there are too many leases");
    this.#records.set(name, { holder, token: context.index, expiresAt: context.now + ttlMs }, context);
    return done({ token: context.index });
  }

  renew(command: CommandOf<"lease.renew">, context: Context): Result {
    const held = this.#records.get(command.name);
    if (held?.token !== command.token)
      return refuse("LEASE_LOST", `${command.name} is not held under token ${command.token}`);
    this.#records.set(command.name, { ...held, expiresAt: context.now + command.ttlMs }, context);
    return DONE;
  }

  release(command: CommandOf<"lease.release">, context: Context): Result {
    if (this.#records.get(command.name)?.token !== command.token)
      return refuse("LEASE_LOST", `${command.name} is not held under token ${command.token}`);
    this.#records.delete(command.name, context);
    return DONE;
  }

  expire(context: Context): void {
    this.#records.expire(context);
  }

  dump(): unknown {
    return this.#records.dump();
  }

  load(records: ReturnType<Records<LeaseRecord>["dump"]>): void {
    this.#records.load(records);
  }
}
