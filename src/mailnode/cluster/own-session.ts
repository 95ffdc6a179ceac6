import type { Env } from "../../support/env.ts";
import { encodeCommand } from "../state/envelope.ts";
import { NotProposed, type Consensus } from "./consensus.ts";
import { isFinal, pauseBeforeRetry } from "./retry.ts";
import type { TimeLimit } from "./time-limits.ts";

/** The session under which this node's requests are known to the state, opened when the first of them needs it. */
export class OwnSession {
  readonly #consensus: Consensus;
  readonly #env: Env;
  #opening: Promise<number> | undefined;
  /** Undefined: none is open, as far as this node knows. */
  #id: number | undefined;

  constructor(consensus: Consensus, env: Env) {
    this.#consensus = consensus;
    this.#env = env;
  }

  /** The one that is open; undefined: it must be opened. */
  get id(): number | undefined {
    return this.#id;
  }

  /** Rejects with NotProposed: nothing that was asked for has been done, whatever became of the session. */
  async open(limit: TimeLimit): Promise<number> {
    for (;;) {
      const opening = (this.#opening ??= this.#new(limit.signal));
      try {
        return (this.#id = await opening);
      } catch (error) {
        if (this.#opening === opening) this.#opening = undefined;
        if (limit.over || isFinal(error)) throw error;
      }
    }
  }

  /** The state does not know this one any more. */
  forget(id: number): void {
    // Whoever used it finds out one after the other, and the next one may be open by then.
    if (this.#id !== id) return;
    this.#opening = undefined;
    this.#id = undefined;
  }

  /** A session that is opened twice because an answer was lost costs nothing: the idle one ends by itself. */
  async #new(signal: AbortSignal): Promise<number> {
    for (;;) {
      try {
        const bytes = encodeCommand({ command: { type: "session.open" }, actor: this.#consensus.id });
        const { index } = await this.#consensus.propose(bytes, { level: "quorum", signal });
        return index;
      } catch (error) {
        if (isFinal(error)) throw error;
        await pauseBeforeRetry(this.#consensus, this.#env, signal);
        if (signal.aborted) throw error instanceof NotProposed ? error : new NotProposed("no-leader");
      }
    }
  }
}
