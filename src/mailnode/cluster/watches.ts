import type { Space, StateEvent } from "../state/context.ts";

export interface Watcher {
  /** In the order of the log, each change once. Must not throw. */
  changed(event: StateEvent): void;
  /** The state was replaced as a whole: what came between is unknown, so read again. */
  reset?(): void;
}

interface Entry {
  readonly space: Space;
  readonly prefix: string;
  readonly watcher: Watcher;
}

/** Who wants to know of which changes of the state. */
export class Watches {
  readonly #entries = new Set<Entry>();

  /** Gives back what ends the watch. */
  add(space: Space, prefix: string, watcher: Watcher): () => void {
    const entry = { space, prefix, watcher };
    this.#entries.add(entry);
    return () => this.#entries.delete(entry);
  }

  tell(events: readonly StateEvent[]): void {
    for (const event of events) {
      for (const { space, prefix, watcher } of this.#entries)
        if (event.space === space && event.key.startsWith(prefix)) watcher.changed(event);
    }
  }

  reset(): void {
    for (const { watcher } of this.#entries) watcher.reset?.();
  }
}
