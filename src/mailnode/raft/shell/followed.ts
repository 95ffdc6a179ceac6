/** The state machine as the driver sees it, and who waits until it has come to some entry. */
import { NotProposed, type AppliedLog } from "../../cluster/consensus.ts";
import type { Entry, Index } from "../core/types.ts";
import type { RaftLog } from "../log/raft-log.ts";

interface Waiting {
  readonly index: Index;
  readonly resolve: (lastData: Index) => void;
  readonly reject: (error: NotProposed) => void;
}

export class Followed {
  readonly #witness: boolean;
  #machine: AppliedLog | undefined;
  #applied: Index = 0;
  /** The last entry that the state machine itself was given since its last snapshot. */
  #lastData: Index = 0;
  #waiting: Waiting[] = [];

  /** A witness has no state machine. */
  constructor(witness: boolean) {
    this.#witness = witness;
  }

  begin(machine: AppliedLog): void {
    this.#machine = machine;
  }

  snapshot(): Uint8Array {
    return this.#witness ? new Uint8Array(0) : this.#need().snapshot();
  }

  /** Puts the log's snapshot in the place of the state. Throws RAFT_LOG_DAMAGED. */
  async load(log: RaftLog): Promise<void> {
    const { snapshot } = log;
    if (snapshot.index > 0 && !this.#witness) {
      const pieces: Uint8Array[] = [];
      for await (const piece of log.snapshots.read(snapshot)) pieces.push(piece);
      this.#need().restore(Buffer.concat(pieces));
    }
    this.#applied = Math.max(this.#applied, snapshot.index);
    this.#lastData = 0;
  }

  /** Hands committed entries to the state machine; gives back the last one's index. */
  apply(entries: readonly Entry[]): Index {
    const machine = this.#need();
    for (const { kind, index, term, data } of entries) {
      this.#applied = index;
      if (kind !== "data") continue;
      machine.apply({ index, term, data });
      this.#lastData = index;
    }
    return this.#applied;
  }

  /**
   * Waits until all up to `index` is applied, and names the last entry of it that the state machine saw: those of
   * Raft's own it never sees, and must not wait for.
   */
  reached(index: Index, signal?: AbortSignal): Promise<Index> {
    if (this.#applied >= index) return Promise.resolve(this.#lastData);
    const { promise, resolve, reject } = Promise.withResolvers<Index>();
    const waiting = { index, resolve, reject };
    this.#waiting.push(waiting);
    const giveUp = (): void => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      reject(new NotProposed("no-leader"));
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    return promise.finally(() => signal?.removeEventListener("abort", giveUp));
  }

  /** All up to `applied` is there. */
  wake(applied: Index): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ index }) => index > applied);
    for (const { index, resolve } of waiting) if (index <= applied) resolve(this.#lastData);
  }

  end(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new NotProposed("stopped"));
  }

  #need(): AppliedLog {
    if (this.#machine === undefined)
      throw new Error("nobody follows the log: follow() is called before start()");
    return this.#machine;
  }
}
