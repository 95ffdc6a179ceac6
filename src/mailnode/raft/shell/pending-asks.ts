/** What this node asked of the leader and has no answer to yet. */
import type { NodeId } from "../core/types.ts";
import type { Ask, Outcome, Packet } from "./packet.ts";

interface Pending {
  readonly to: NodeId;
  readonly settle: (outcome: Outcome) => void;
  ticks: number;
}

export class PendingAsks {
  readonly #limit: number;
  readonly #send: (to: NodeId, packet: Packet) => boolean;
  readonly #pending = new Map<number, Pending>();
  #next: number;

  /** `first` is drawn at random: an answer to the last life of this node matches nothing in this one. */
  constructor(limit: number, first: number, send: (to: NodeId, packet: Packet) => boolean) {
    this.#limit = limit;
    this.#next = first;
    this.#send = send;
  }

  /** Asks a member; `signal` ends the waiting, not what was asked for. */
  ask(to: NodeId, ask: Ask, settle: (outcome: Outcome) => void, signal: AbortSignal | undefined): void {
    const request = this.#next++;
    const giveUp = (): void =>
      this.settle(request, to, { type: "unknown", why: "the caller waits no longer" });
    const settleOnce = (outcome: Outcome): void => {
      signal?.removeEventListener("abort", giveUp);
      settle(outcome);
    };
    this.#pending.set(request, { to, settle: settleOnce, ticks: 0 });
    signal?.addEventListener("abort", giveUp, { once: true });
    if (!this.#send(to, { type: "ask", request, ask }))
      this.settle(request, to, { type: "notProposed", reason: "no-leader" });
  }

  /** Settles one; says nothing when it is settled already, or was asked of somebody else. */
  settle(request: number, from: NodeId, outcome: Outcome): void {
    const pending = this.#pending.get(request);
    if (pending?.to !== from) return;
    this.#pending.delete(request);
    pending.settle(outcome);
  }

  tick(): void {
    for (const [request, pending] of this.#pending) {
      if (++pending.ticks >= this.#limit)
        this.settle(request, pending.to, { type: "unknown", why: "the leader did not answer in time" });
    }
  }

  /** The answers of these members will not come. */
  lose(why: string, isLost: (member: NodeId) => boolean): void {
    for (const [request, { to }] of this.#pending)
      if (isLost(to)) this.settle(request, to, { type: "unknown", why });
  }
}
