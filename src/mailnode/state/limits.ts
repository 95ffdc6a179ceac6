import { isDeepStrictEqual } from "node:util";
import type { CommandOf } from "./command.ts";
import type { Context } from "./context.ts";
import { defineLimit } from "./limit-definition.ts";
import { RULES, UNUSED, type Grant, type LimitRecord, type Usage } from "./limit-rules.ts";
import { Records } from "./records.ts";
import { DONE, done, refuse, type Result, type Values } from "./result.ts";

interface BucketRecord extends Usage {
  /** Grants that may still be in use. */
  readonly grants: readonly Grant[];
  readonly expiresAt: number;
}

type Dump<T extends { expiresAt?: number | undefined }> = ReturnType<Records<T>["dump"]>;

const MAX_LIMITS = 1000;
/** Clients that have used a limit within its window. */
const MAX_BUCKETS = 100_000;
/** Of a bucket; an older grant can no longer be given back and counts in full, which is never too little. */
const MAX_GRANTS = 64;
/** A grant that ends sooner would have ended before it arrives. */
const MIN_LEFT_MS = 10;

/** Limits by name, and what of each is in use: by the cluster as a whole (client "") and by each client. */
export class Limits {
  readonly #limits = new Records<LimitRecord>("limits");
  readonly #buckets = new Records<BucketRecord>("buckets");

  get(name: string): LimitRecord | undefined {
    return this.#limits.get(name);
  }

  list(): readonly (readonly [string, LimitRecord])[] {
    return this.#limits.list();
  }

  /**
   * A limit of the same algorithm and window goes on with what is in use; any other change begins anew. The same limit once
   * more is no change: each node defines those that it needs, and none is to drop what it has in hand.
   */
  define(command: CommandOf<"limit.define">, context: Context): Result {
    const record = defineLimit(command);
    if ("ok" in record) return record;
    const held = this.#limits.get(command.name);
    if (!held && this.#limits.size >= MAX_LIMITS) return refuse("TABLE_FULL", "there are too many limits");
    if (isDeepStrictEqual(held, record)) return DONE;
    if (held && (held.algorithm !== record.algorithm || held.windowMs !== record.windowMs))
      this.#forget(command.name, context);
    this.#limits.set(command.name, record, context);
    return DONE;
  }

  remove(command: CommandOf<"limit.remove">, context: Context): Result {
    if (!this.#limits.delete(command.name, context))
      return refuse("NOT_FOUND", `there is no limit ${command.name}`);
    this.#forget(command.name, context);
    return DONE;
  }

  /** Hands out budget: what is wanted, but no more than leaves as much to each other node that asks. */
  grant(command: CommandOf<"limit.grant">, context: Context): Result<Values["limit.grant"]> {
    const { client, node, need, want } = command;
    const { now, index } = context;
    const limit = this.#limits.get(command.limit);
    if (!limit) return refuse("NOT_FOUND", `there is no limit ${command.limit}`);
    const rule = RULES[limit.algorithm];
    if (need > rule.capacity(limit))
      return refuse("LIMIT_IMPOSSIBLE", `${command.limit} never has ${need} units at once`);
    const key = bucketKey(command.limit, client);
    const bucket = this.#buckets.get(key);
    if (!bucket && this.#buckets.size >= MAX_BUCKETS)
      return refuse("TABLE_FULL", "there are too many clients", limit.windowMs);
    const usage = bucket ?? UNUSED;
    const grants = (bucket?.grants ?? []).filter((grant) => grant.until >= now);
    const available = rule.available(limit, usage, now);
    const until = rule.until(limit, now);
    if (available < need || until - now < MIN_LEFT_MS) {
      const wait = available < need ? rule.retryAfter(limit, usage, need, now) : until - now;
      return refuse("LIMIT_EXHAUSTED", `${command.limit} has no budget left`, wait);
    }
    const others = new Set(grants.map((grant) => grant.node).filter((name) => name !== node)).size;
    const amount = Math.min(available, Math.max(need, Math.min(want, Math.ceil(available / (others + 2)))));
    const grant = { index, node, amount, at: now, until };
    const taken = rule.take(limit, usage, grant);
    this.#put(key, limit, taken, [...grants, grant].slice(-MAX_GRANTS), context);
    return done({ grant: index, amount, validMs: until - now });
  }

  /** Takes back what a holder will not use. Says nothing of a grant that has ended: it is counted in full. */
  settle(command: CommandOf<"limit.settle">, context: Context): Result {
    const limit = this.#limits.get(command.limit);
    const key = bucketKey(command.limit, command.client);
    const bucket = this.#buckets.get(key);
    const grant = bucket?.grants.find(({ index }) => index === command.grant);
    if (!limit || !bucket || !grant || grant.until < context.now || command.used >= grant.amount) return DONE;
    const usage = RULES[limit.algorithm].giveBack(limit, bucket, grant, command.used, context.now);
    const rest = bucket.grants.filter((other) => other !== grant);
    this.#put(key, limit, usage, rest, context);
    return DONE;
  }

  expire(context: Context): void {
    this.#buckets.expire(context);
  }

  dump(): unknown {
    return [this.#limits.dump(), this.#buckets.dump()];
  }

  load([limits, buckets]: [Dump<LimitRecord>, Dump<BucketRecord>]): void {
    this.#limits.load(limits);
    this.#buckets.load(buckets);
  }

  #put(key: string, limit: LimitRecord, usage: Usage, grants: readonly Grant[], context: Context): void {
    const { level, at, slots } = usage;
    const expiresAt = RULES[limit.algorithm].emptyAt(limit, usage, context.now);
    this.#buckets.set(key, { level, at, slots, grants, expiresAt }, context);
  }

  #forget(name: string, context: Context): void {
    for (const [key] of this.#buckets.list(bucketKey(name, ""))) this.#buckets.delete(key, context);
  }
}

function bucketKey(limit: string, client: string): string {
  return `${limit}\0${client}`;
}
