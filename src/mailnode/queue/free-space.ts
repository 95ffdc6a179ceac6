import type { Logger } from "pino";
import { Bytes } from "../../support/bytes.ts";
import type { Env } from "../../support/env.ts";
import { oncePer } from "../../support/once-per.ts";
import type { Disk } from "../disk/disk.ts";

export const MIN_FREE_BYTES = 256 * 2 ** 20;

const ASK_EACH_MS = 1_000;

/** Whether the file system of the queue has room for new mail beside what delivery itself must write. */
export class FreeSpace {
  readonly #minBytes: number;
  readonly #log: Logger;
  readonly #ask: () => Promise<number | undefined>;
  #isShort = false;

  /** @param path a directory of the queue */
  constructor(disk: Disk, path: string, minBytes: number, env: Pick<Env, "monotonic">, log: Logger) {
    this.#minBytes = minBytes;
    this.#log = log;
    this.#ask = oncePer(ASK_EACH_MS, env, async () => {
      const bytes = await disk.freeBytes(path).catch(() => undefined);
      this.#note(bytes);
      return bytes;
    });
  }

  /** What is free, at most a second ago; undefined when the disk does not say, which its writes then will. */
  bytes(): Promise<number | undefined> {
    return this.#ask();
  }

  /** Rejects with ENOSPC, as a full disk does, while less than the minimum is free. */
  async need(): Promise<void> {
    if (this.#isLess(await this.#ask())) throw Object.assign(new Error(this.#shortage), { code: "ENOSPC" });
  }

  get #shortage(): string {
    return `less than ${Bytes.of(this.#minBytes).toString()} are free`;
  }

  #isLess(bytes: number | undefined): boolean {
    return bytes !== undefined && bytes < this.#minBytes;
  }

  #note(bytes: number | undefined): void {
    const isShort = this.#isLess(bytes);
    if (isShort === this.#isShort) return;
    this.#isShort = isShort;
    if (isShort)
      this.#log.error({ bytes }, `${this.#shortage} on the disk of the queue: new mail is refused`);
    else this.#log.info({ bytes }, "the disk of the queue has room again: new mail is taken");
  }
}
