import type { BindingRecord } from "../state/affinity.ts";
import { rendezvous } from "../state/rendezvous.ts";
import { Refused, type Replica } from "./replica.ts";

/** What is known of a client when it must be given a node. */
export interface ClientSession {
  readonly clientAddress: string;
  /** Of MAIL FROM, once that is known. */
  readonly senderDomain?: string;
}

/** Names the node for a client; undefined leaves it to the client's address. */
export type AffinityResolver = (session: ClientSession, nodes: readonly string[]) => string | undefined;

export interface AffinityOptions {
  readonly method: "source-ip" | "sender-domain" | "custom";
  /** Of "custom". */
  readonly resolver?: AffinityResolver;
  /**
   * When the client's node does not serve: "automatic" binds it to another one; "strict" turns it away until its
   * node is back; "none" lets another one serve it meanwhile and leaves it bound.
   */
  readonly failover: "automatic" | "strict" | "none";
  /** Silence after which a client belongs to no node. */
  readonly sessionTimeoutMs: number;
}

export const AFFINITY_DEFAULTS: AffinityOptions = {
  method: "source-ip",
  failover: "automatic",
  sessionTimeoutMs: 30 * 60_000,
};

export type Route =
  /** `bound`: it will be the same node next time. */
  | { readonly node: string; readonly bound: boolean }
  | { readonly node: undefined; readonly reason: "no node serves" | "its node does not serve" };

/** Sends a client to the node where it was before. */
export class Affinity {
  readonly #replica: Replica;
  readonly #serving: () => readonly string[];
  #options: AffinityOptions;

  /** @param serving the nodes that take sessions now */
  constructor(
    replica: Replica,
    serving: () => readonly string[],
    options: AffinityOptions = AFFINITY_DEFAULTS,
  ) {
    this.#replica = replica;
    this.#serving = serving;
    this.#options = options;
  }

  configure(options: AffinityOptions): void {
    this.#options = options;
  }

  /**
   * The node for a client. Never fails for want of a quorum: without one a client that is not bound yet gets the
   * node that its key hashes to, which is the same on every node.
   */
  async route(session: ClientSession): Promise<Route> {
    const serving = this.#serving();
    if (serving.length === 0) return { node: undefined, reason: "no node serves" };
    const named = this.#options.method === "custom" ? this.#options.resolver?.(session, serving) : undefined;
    const key = keyOf(this.#options.method, session);
    if (named !== undefined) return this.#routeNamed(named, key, serving);
    const binding = this.#replica.machine.bindings.get(key);
    if (!binding) return this.#bind(key, rendezvous(key, serving)!, 0);
    if (serving.includes(binding.node)) return this.#touch(key, binding);
    switch (this.#options.failover) {
      case "automatic":
        return this.#bind(key, rendezvous(key, serving)!, binding.version);
      case "strict":
        return { node: undefined, reason: "its node does not serve" };
      case "none":
        return { node: rendezvous(key, serving)!, bound: false };
    }
  }

  /** Ends a client's binding; says nothing when there is none. */
  async release(session: ClientSession): Promise<void> {
    const key = keyOf(this.#options.method, session);
    if (!this.#replica.machine.bindings.get(key)) return;
    await this.#replica
      .perform<"affinity.unbind">({ type: "affinity.unbind", key })
      .catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
      });
  }

  /** A resolver's word is the binding, so there is nothing to write down. */
  #routeNamed(named: string, key: string, serving: readonly string[]): Route {
    if (serving.includes(named)) return { node: named, bound: true };
    if (this.#options.failover === "strict") return { node: undefined, reason: "its node does not serve" };
    return { node: rendezvous(key, serving)!, bound: false };
  }

  /** Renews a binding once a quarter of its time has gone, not at each session: that would be a write each. */
  async #touch(key: string, binding: BindingRecord): Promise<Route> {
    const { now } = this.#replica.machine;
    if (binding.expiresAt - now > 0.75 * binding.ttlMs) return { node: binding.node, bound: true };
    return this.#bind(key, binding.node, binding.version);
  }

  async #bind(key: string, node: string, expect: number): Promise<Route> {
    const ttlMs = this.#options.sessionTimeoutMs;
    try {
      await this.#replica.perform<"affinity.bind">({ type: "affinity.bind", key, node, ttlMs, expect });
      return { node, bound: true };
    } catch (error) {
      // Somebody was quicker, and what he wrote has been applied here before this refusal was.
      const other = error instanceof Refused ? this.#replica.machine.bindings.get(key) : undefined;
      const serving = this.#serving();
      if (other && serving.includes(other.node)) return { node: other.node, bound: true };
      const unbound = serving.includes(node) ? node : rendezvous(key, serving);
      return unbound === undefined
        ? { node: undefined, reason: "no node serves" }
        : { node: unbound, bound: false };
    }
  }
}

function keyOf(method: AffinityOptions["method"], { clientAddress, senderDomain }: ClientSession): string {
  return method === "sender-domain" && senderDomain !== undefined
    ? `domain:${senderDomain.toLowerCase()}`
    : `ip:${clientAddress}`;
}
