import type { Disk } from "./disk.ts";

/**
 * Syncs directories for many callers at once: all who ask while a sync runs share the one after it.
 *
 * They cannot share the running one, as it may have begun before their name was there. It may also have covered their name:
 * when it fails they fail with it, as a later sync would prove nothing. Those who ask after that begin anew.
 */
export class DirectorySync {
  readonly #disk: Disk;
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Resolves when every name that the directory holds now is durable; rejects when that failed, for all who shared it. */
  sync(directory: string): Promise<void> {
    const waiting = this.#next.get(directory);
    if (waiting) return waiting;
    const before = this.#running.get(directory) ?? Promise.resolve();
    const next = before.then(
      () => {
        this.#next.delete(directory);
        return this.#run(directory);
      },
      (error: unknown) => {
        this.#next.delete(directory);
        throw error;
      },
    );
    this.#next.set(directory, next);
    return next;
  }

  #run(directory: string): Promise<void> {
    const run = this.#disk.syncDirectory(directory).finally(() => this.#running.delete(directory));
    this.#running.set(directory, run);
    return run;
  }
}
