import { readFile } from "node:fs/promises";
import { parseDrainMark, type DrainMark } from "../../contract/drain-mark.ts";
import type { Env } from "../../support/env.ts";

/** A drain waits for nothing shorter than sessions that take seconds, so looking once a second is soon enough. */
const LOOK_MS = 1000;

/**
 * Looks whether the mark that drains this machine is there, again and again.
 *
 * Looking, and not fs.watch: that says nothing of a folder that is not there yet, and loses events.
 */
export class DrainWatch {
  readonly #path: string;
  readonly #env: Env;
  readonly #changed: (mark: DrainMark | undefined) => void;
  readonly #end = new AbortController();
  #text: string | undefined;

  /** @param changed is told when the mark comes, goes, or says something else */
  constructor(path: string, env: Env, changed: (mark: DrainMark | undefined) => void) {
    this.#path = path;
    this.#env = env;
    this.#changed = changed;
  }

  get mark(): DrainMark | undefined {
    return this.#text === undefined ? undefined : parseDrainMark(this.#text);
  }

  /** Resolves after the first look; the others follow until stop. */
  async start(): Promise<void> {
    await this.#look();
    void this.#keepLooking();
  }

  stop(): void {
    this.#end.abort();
  }

  async #keepLooking(): Promise<void> {
    for (;;) {
      await this.#env.sleep(LOOK_MS, this.#end.signal).catch(() => undefined);
      if (this.#end.signal.aborted) return;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const text = await readMark(this.#path);
    if (text === this.#text || this.#end.signal.aborted) return;
    this.#text = text;
    this.#changed(this.mark);
  }
}

/** A mark that is there and cannot be read is still a mark. */
async function readMark(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : "";
  }
}
