import type { Leader } from "../../cluster/consensus.ts";
import type { SoftState } from "../core/ready.ts";

type Listener = (leader: Leader | undefined) => void;

/** Who leads, as far as this node knows, and who wants to hear of it. */
export class LeaderWatch {
  readonly #listeners = new Set<Listener>();
  #leader: Leader | undefined;

  get leader(): Leader | undefined {
    return this.#leader;
  }

  /** Calls back at each change; gives back what ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes what is known now; tells whether that is another leader or term, after everybody else was told. */
  update({ leader: id, term }: Pick<SoftState, "leader" | "term">): boolean {
    const before = this.#leader;
    if (before?.id === id && (id === undefined || before?.term === term)) return false;
    this.#leader = id === undefined ? undefined : { id, term };
    for (const listener of this.#listeners) listener(this.#leader);
    return true;
  }
}
