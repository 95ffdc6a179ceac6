/** What this node asked of the leader and has no answer to yet. */
import type { NodeId } from "../core/types.ts";
import type { Outcome } from "./packet.ts";

interface Pending {
  readonly to: NodeId;
  readonly settle: (outcome: Outcome) => void;
  ticks: number;
}

export class PendingAsks {
  readonly #limit: number;
  readonly #pending = new Map<number, Pending>();
  #next: number;

  /** `first` is drawn at random: an answer to the last life of this node matches nothing in this one. */
  constructor(limit: number, first: number) {
    this.#limit = limit;
    this.#next = first;
  }

  /** The number under which it is asked. */
  add(to: NodeId, settle: (outcome: Outcome) => void): number {
    const request = this.#next++;
    this.#pending.set(request, { to, settle, ticks: 0 });
    return request;
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
