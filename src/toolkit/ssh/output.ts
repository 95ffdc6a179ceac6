/** What a program printed, up to a limit in bytes. */
export class Output {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Says whether it still fits; what does not is not kept. */
  add(chunk: Buffer): boolean {
    this.#size += chunk.length;
    if (this.#size > this.#limit) return false;
    this.#chunks.push(chunk);
    return true;
  }

  /** Decoded at once, so that a character in two chunks stays whole. */
  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}
