import type { CommandOf, Priority } from "./command.ts";
import type { Context } from "./context.ts";
import type { Leases } from "./leases.ts";
import { Records } from "./records.ts";
import { DONE, done, refuse, type Refusal, type Result } from "./result.ts";

export interface KeyRecord {
  readonly value: Uint8Array;
  /** The index of the entry that wrote it: grows with every write, also after a delete. */
  readonly version: number;
  readonly priority: Priority;
  readonly expiresAt?: number | undefined;
}

/** What all keys and values together may hold. Every replica has them in memory and in its snapshots. */
export const KEYS_MAX_BYTES = 256 * 1024 * 1024;

/** How full the table may be for a write of a priority: what matters most still finds room when the rest does not. */
const ROOM: Record<Priority, number> = { low: 0.8, normal: 0.9, high: 1 };

/** Keys with a value, a version and, if wanted, an end. */
export class Keys {
  readonly #records = new Records<KeyRecord>("keys");
  readonly #leases: Leases;
  #bytes = 0;

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  get(key: string): KeyRecord | undefined {
    return this.#records.get(key);
  }

  list(prefix: string): readonly (readonly [string, KeyRecord])[] {
    return this.#records.list(prefix);
  }

  set(command: CommandOf<"key.set">, context: Context): Result<{ version: number }> {
    const { key, value, priority, ttlMs } = command;
    const before = this.#records.get(key);
    const refusal = this.#check(command, before);
    if (refusal) return refusal;
    const bytes = this.#bytes - sizeOf(key, before) + key.length + value.length;
    if (bytes > KEYS_MAX_BYTES * ROOM[priority])
      return refuse("TABLE_FULL", `keys of priority ${priority} have no room left`);
    this.#bytes = bytes;
    const expiresAt = ttlMs === undefined ? undefined : context.now + ttlMs;
    this.#records.set(key, { value, version: context.index, priority, expiresAt }, context);
    return done({ version: context.index });
  }

  delete(command: CommandOf<"key.delete">, context: Context): Result {
    const record = this.#records.get(command.key);
    const refusal = this.#check(command, record);
    if (refusal) return refusal;
    if (!record) return refuse("NOT_FOUND", `there is no key ${command.key}`);
    this.#bytes -= sizeOf(command.key, record);
    this.#records.delete(command.key, context);
    return DONE;
  }

  expire(context: Context): void {
    for (const [key, record] of this.#records.expire(context)) this.#bytes -= sizeOf(key, record);
  }

  dump(): unknown {
    return this.#records.dump();
  }

  load(records: ReturnType<Records<KeyRecord>["dump"]>): void {
    this.#records.load(records);
    this.#bytes = records.reduce((sum, [key, record]) => sum + sizeOf(key, record), 0);
  }

  #check(
    { key, expect, fence }: Pick<CommandOf<"key.set">, "key" | "expect" | "fence">,
    record: KeyRecord | undefined,
  ): Refusal | undefined {
    if (fence && this.#leases.get(fence.lease)?.token !== fence.token)
      return refuse("FENCED", `the lease ${fence.lease} is no longer held under token ${fence.token}`);
    const version = record?.version ?? 0;
    if (expect !== undefined && expect !== version)
      return refuse("VERSION_MISMATCH", `${key} has version ${version}, not ${expect}`);
    return undefined;
  }
}

function sizeOf(key: string, record: KeyRecord | undefined): number {
  return record ? key.length + record.value.length : 0;
}
