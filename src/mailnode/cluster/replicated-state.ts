import type { ConsistencyLevel } from "../../contract/cluster-api.ts";
import type { Priority } from "../state/command.ts";
import type { KeyRecord } from "../state/keys.ts";
import type { Replica } from "./replica.ts";
import type { Watcher } from "./watches.ts";

export interface ReplicationOptions {
  readonly level: ConsistencyLevel;
  /**
   * "synchronous" answers when the level is met. "asynchronous" answers after the leader's disk alone, whatever
   * the level, and says that nothing is committed.
   */
  readonly mode: "synchronous" | "asynchronous";
}

export const REPLICATION_DEFAULTS: ReplicationOptions = { level: "quorum", mode: "synchronous" };

export interface SetOptions extends Partial<ReplicationOptions> {
  readonly ttlMs?: number;
  readonly priority?: Priority;
  /** The version that must stand there; 0: none may. */
  readonly expect?: number;
  /** Refused unless the lease is still held under the token. */
  readonly fence?: { readonly lease: string; readonly token: number };
  /** The person who writes: such a write stands in the audit log. */
  readonly actor?: string;
}

/** Of a deletion; as of SetOptions. */
export type DeleteOptions = Pick<SetOptions, "expect" | "fence" | "level" | "mode" | "actor">;

export interface Written {
  /** False: fewer than a quorum have it, and it may be lost with its leader. */
  readonly committed: boolean;
  /** How many replicas had it on disk when this was answered; 0 when only its effect was seen. */
  readonly replicas: number;
  /** The new version; unknown until it is committed. */
  readonly version?: number;
}

/** Keys and values that all nodes share. */
export class ReplicatedState {
  readonly #replica: Replica;
  readonly #options: ReplicationOptions;

  constructor(replica: Replica, options: ReplicationOptions = REPLICATION_DEFAULTS) {
    this.#replica = replica;
    this.#options = options;
  }

  /** Writes a key. Throws Refused (a version that differs, a lease that was lost, no room) and what Replica.submit throws. */
  async set(key: string, value: Uint8Array, options: SetOptions = {}): Promise<Written> {
    const { ttlMs, priority = "normal", expect, fence } = options;
    const answer = await this.#replica.submit<"key.set">(
      { type: "key.set", key, value, ttlMs, priority, expect, fence, ...by(options).audited },
      { level: this.#level(options), priority, ...by(options).submitted },
    );
    const { committed, replicas } = answer;
    return answer.value ? { committed, replicas, version: answer.value.version } : { committed, replicas };
  }

  /** Writes a key only if it still has the version that was read; 0 when there was none. Throws like set. */
  async compareAndSet(
    key: string,
    version: number,
    value: Uint8Array,
    options: SetOptions = {},
  ): Promise<Written> {
    return this.set(key, value, { ...options, expect: version });
  }

  /** Throws Refused with NOT_FOUND when there is no such key, and like set. */
  async delete(key: string, options: DeleteOptions = {}): Promise<Written> {
    const { expect, fence } = options;
    const { committed, replicas } = await this.#replica.submit<"key.delete">(
      { type: "key.delete", key, expect, fence, ...by(options).audited },
      { level: this.#level(options), ...by(options).submitted },
    );
    return { committed, replicas };
  }

  /** What stands there now, on all nodes at once (linearizable). Throws like Replica.barrier. */
  async get(key: string): Promise<KeyRecord | undefined> {
    await this.#replica.barrier();
    return this.#replica.machine.keys.get(key);
  }

  /** What this node knows, at once and from memory; it may be behind by as much as this node is. */
  getStale(key: string): KeyRecord | undefined {
    return this.#replica.machine.keys.get(key);
  }

  /** All keys with a prefix, sorted; linearizable. Throws like Replica.barrier. */
  async list(prefix: string): Promise<readonly (readonly [string, KeyRecord])[]> {
    await this.#replica.barrier();
    return this.#replica.machine.keys.list(prefix);
  }

  /** Tells of every change to keys with a prefix, as this node applies it; gives back what ends it. */
  watch(prefix: string, watcher: Watcher): () => void {
    return this.#replica.watch("keys", prefix, watcher);
  }

  #level({ level, mode }: Partial<ReplicationOptions>): ConsistencyLevel {
    return (mode ?? this.#options.mode) === "asynchronous" ? "one" : (level ?? this.#options.level);
  }
}

function by({ actor }: Pick<SetOptions, "actor">): {
  readonly audited: { readonly audit?: true };
  readonly submitted: { readonly actor?: string };
} {
  return actor === undefined
    ? { audited: {}, submitted: {} }
    : { audited: { audit: true }, submitted: { actor } };
}
