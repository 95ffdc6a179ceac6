import type { Env } from "../../support/env.ts";
import { safely } from "../state/clock.ts";
import type { CommandOf } from "../state/command.ts";
import { LocalBudget } from "./local-budget.ts";
import { Refused, type Replica } from "./replica.ts";

export type LimitDefinition = Omit<CommandOf<"limit.define">, "type" | "name" | "syncIntervalMs"> & {
  /** How long a node may go by what it has in hand; 1 second when not said. */
  readonly syncIntervalMs?: number;
};

export type Decision =
  | { readonly allowed: true }
  /** "exhausted": the limit is reached. "unreachable": no budget in hand and no quorum to give any. */
  | { readonly allowed: false; readonly reason: "exhausted" | "unreachable"; readonly retryAfterMs: number };

/** A question to the cluster for budget. */
interface Asking {
  readonly need: number;
  readonly done: Promise<void>;
}

interface Local {
  readonly limit: string;
  readonly client: string;
  readonly budget: LocalBudget;
  /** How much to ask for next: doubles while it is used up in time, halves when some of it lapses. */
  want: number;
  /** Until then the answer to a request for `need` or more is known already; for less there may be enough. */
  exhausted: { readonly need: number; readonly until: number };
  asking: Asking | undefined;
  lastUsed: number;
}

const ALLOWED: Decision = { allowed: true };
const MAX_WANT = 1_000_000;
const UNREACHABLE_RETRY_MS = 1000;
/** A client's budget that was not asked for since is forgotten; what was in it has long ended. */
const FORGET_AFTER_MS = 120_000;
const SWEEP_AT = 1024;

/**
 * Limits that hold for the cluster as a whole, decided on each node from budget in hand.
 *
 * Fails closed: a node that is cut off uses up what it has and then refuses, as otherwise no limit could be
 * promised.
 */
export class RateLimits {
  readonly #replica: Replica;
  readonly #env: Env;
  readonly #locals = new Map<string, Map<string, Local>>();
  #count = 0;
  #sweepAt = SWEEP_AT;

  constructor(replica: Replica, env: Env) {
    this.#replica = replica;
    this.#env = env;
    // Budget of a limit that was changed counts against what it was: no more of it is used.
    replica.watch("limits", "", {
      changed: ({ key }) => this.#locals.delete(key),
      reset: () => this.#locals.clear(),
    });
  }

  /** How many limits and clients this node keeps budget of. */
  get tracked(): number {
    return [...this.#locals.values()].reduce((sum, clients) => sum + clients.size, 0);
  }

  /** Makes or changes a limit for all nodes. Throws Refused with LIMIT_IMPOSSIBLE, and like Replica.perform. */
  async define(name: string, definition: LimitDefinition, actor?: string): Promise<void> {
    const { syncIntervalMs = 1000, ...rest } = definition;
    const command = { type: "limit.define" as const, name, syncIntervalMs, ...rest };
    await this.#replica.perform<"limit.define">(command, actor === undefined ? {} : { actor });
  }

  async remove(name: string, actor?: string): Promise<void> {
    const command = { type: "limit.remove" as const, name };
    await this.#replica.perform<"limit.remove">(command, actor === undefined ? {} : { actor });
  }

  /**
   * Whether `cost` units may be used now, from what is in hand: synchronous, microseconds. Undefined: only the
   * cluster can say; ask `check`.
   */
  decide(name: string, client = "", cost = 1): Decision | undefined {
    const local = this.#locals.get(name)?.get(client);
    if (!local) return undefined;
    const now = this.#env.monotonic();
    local.lastUsed = now;
    if (local.budget.take(cost, now)) {
      this.#refillEarly(local, now);
      return ALLOWED;
    }
    const heldUp = local.budget.heldUpMs(now);
    if (heldUp > 0) return { allowed: false, reason: "exhausted", retryAfterMs: heldUp };
    if (isExhausted(local, cost, now))
      return { allowed: false, reason: "exhausted", retryAfterMs: local.exhausted.until - now };
    return undefined;
  }

  /**
   * Whether `cost` units may be used now, of the limit as a whole or of one client's; asks the cluster for budget
   * when none is in hand. Throws Refused with NOT_FOUND or LIMIT_IMPOSSIBLE.
   */
  async check(name: string, client = "", cost = 1): Promise<Decision> {
    for (let attempt = 0; attempt < 3;) {
      // Anew each time: what is in hand goes when the limit is changed meanwhile.
      const local = this.#local(name, client);
      const decision = this.decide(name, client, cost);
      if (decision) return decision;
      const { need, done } = this.#ask(local, cost);
      // What is refused to another's question for more may be there for this one, which has not been asked then.
      const isAsked = need <= cost;
      if (isAsked) attempt++;
      try {
        await done;
      } catch (error) {
        if (!(error instanceof Refused))
          return { allowed: false, reason: "unreachable", retryAfterMs: UNREACHABLE_RETRY_MS };
        if (isAsked) throw error;
      }
    }
    // Others on this node were quicker each time.
    return { allowed: false, reason: "exhausted", retryAfterMs: 1 };
  }

  /** Gives back all that is in hand, at a shutdown. */
  async release(): Promise<void> {
    const settled = [...this.#locals].flatMap(([, clients]) =>
      [...clients].flatMap(([, local]) =>
        local.budget.removeAll().map((share) => this.#settle(local, share)),
      ),
    );
    await Promise.all(settled);
  }

  #local(name: string, client: string): Local {
    let clients = this.#locals.get(name);
    if (!clients) this.#locals.set(name, (clients = new Map<string, Local>()));
    let local = clients.get(client);
    if (!local) {
      const paced = this.#replica.machine.limits.get(name)?.algorithm === "leaky-bucket";
      const budget = new LocalBudget(paced);
      const now = this.#env.monotonic();
      const exhausted = { need: 1, until: 0 };
      local = { limit: name, client, budget, want: 1, exhausted, asking: undefined, lastUsed: now };
      clients.set(client, local);
      if (++this.#count > this.#sweepAt) this.#sweep(now);
    }
    return local;
  }

  #refillEarly(local: Local, now: number): void {
    if (local.want < 8 || local.asking || isExhausted(local, 1, now)) return;
    if (local.budget.inHand(now) > local.want / 4) return;
    this.#ask(local, 1).done.catch(() => undefined);
  }

  /** One question at a time: the one under way, or else one for `need`. */
  #ask(local: Local, need: number): Asking {
    if (local.asking) return local.asking;
    const done = this.#grant(local, need).finally(() => {
      local.asking = undefined;
    });
    return (local.asking = { need, done });
  }

  async #grant(local: Local, need: number): Promise<void> {
    const { limit, client, budget } = local;
    const asked = this.#env.monotonic();
    for (const share of budget.removeEnded(asked))
      if (share.left > share.amount / 2) local.want = halved(local.want);
    const want = Math.max(need, local.want);
    try {
      const granted = await this.#replica.perform<"limit.grant">(
        { type: "limit.grant", limit, client, node: this.#replica.id, need, want },
        { priority: "high" },
      );
      const { grant, amount, validMs } = granted;
      budget.add({ grant, amount, left: amount, deadline: asked + safely(validMs) });
      local.want = Math.min(MAX_WANT, want * 2);
    } catch (error) {
      if (!(error instanceof Refused) || error.refusal.retryAfterMs === undefined) throw error;
      local.exhausted = { need, until: this.#env.monotonic() + error.refusal.retryAfterMs };
    }
  }

  async #settle(
    { limit, client }: Local,
    share: { grant: number; amount: number; left: number },
  ): Promise<void> {
    if (share.left === 0) return;
    const used = share.amount - share.left;
    await this.#replica
      .perform<"limit.settle">({ type: "limit.settle", limit, client, grant: share.grant, used })
      // Not given back, it counts as used until its time is over: too much, never too little.
      .catch(() => undefined);
  }

  /** Forgets clients that have gone. */
  #sweep(now: number): void {
    this.#count = 0;
    for (const [name, clients] of this.#locals) {
      for (const [client, { lastUsed, asking }] of clients)
        if (!asking && lastUsed + FORGET_AFTER_MS < now) clients.delete(client);
      this.#count += clients.size;
      if (clients.size === 0) this.#locals.delete(name);
    }
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#count);
  }
}

function isExhausted({ exhausted }: Local, cost: number, now: number): boolean {
  return cost >= exhausted.need && now < exhausted.until;
}

function halved(want: number): number {
  return Math.max(1, Math.floor(want / 2));
}
