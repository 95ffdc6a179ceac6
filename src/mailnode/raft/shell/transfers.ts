/** Callers who wait for another node to lead. */
import { NotProposed } from "../../cluster/consensus.ts";
import type { SoftState } from "../core/ready.ts";
import type { NodeId } from "../core/types.ts";

interface Waiting {
  readonly to: NodeId;
  readonly done: () => void;
  readonly fail: (error?: Error) => void;
  ticksLeft: number;
}

export class Transfers {
  readonly #waiting = new Set<Waiting>();

  /** Resolves once `to` leads; rejects with NotProposed after so many ticks, or when `fail` is called. */
  wait(
    to: NodeId,
    ticks: number,
  ): { readonly promise: Promise<void>; readonly fail: (error?: Error) => void } {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (error: Error = new NotProposed("transferring")): void => {
      this.#waiting.delete(waiting);
      reject(error);
    };
    const waiting: Waiting = { to, done: resolve, fail, ticksLeft: ticks };
    this.#waiting.add(waiting);
    return { promise, fail };
  }

  look({ leader }: SoftState): void {
    for (const waiting of this.#waiting) {
      if (waiting.to !== leader) continue;
      this.#waiting.delete(waiting);
      waiting.done();
    }
  }

  tick(): void {
    for (const waiting of this.#waiting) if (--waiting.ticksLeft <= 0) waiting.fail();
  }

  end(): void {
    for (const waiting of this.#waiting) waiting.fail(new NotProposed("stopped"));
  }
}
