/** Every event of a run as one line: the last of them for the report, all of them in a hash. */
const KEPT = 60;

export class Trace {
  readonly #print: ((line: string) => void) | undefined;
  readonly #last: string[] = [];
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  #lines = 0;

  /** @param print gets every line, when somebody wants to see them */
  constructor(print?: (line: string) => void) {
    this.#print = print;
  }

  get lines(): number {
    return this.#lines;
  }

  /** The latest lines, oldest first. */
  get last(): readonly string[] {
    return this.#last;
  }

  /** 16 hexadecimal digits that every line so far has changed. */
  get hash(): string {
    return [this.#high, this.#low].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
  }

  add(line: string): void {
    this.#lines++;
    let [low, high] = [this.#low, this.#high];
    for (let at = 0; at < line.length; at++) {
      const code = line.charCodeAt(at);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x85ebca6b) ^ (low >>> 15);
    }
    [this.#low, this.#high] = [low, high];
    this.#last.push(line);
    if (this.#last.length > KEPT) this.#last.shift();
    this.#print?.(line);
  }
}
