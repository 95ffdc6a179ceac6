/** Shorter values would mask ordinary words; no password of the vault is as short. */
const SHORTEST = 6;

/** Replaces secrets by *** in what programs print: an error message may quote the line that it stumbled over. */
export class Masker {
  readonly #values = new Set<string>();

  /** A value of several lines, such as a key, is hidden line by line, as programs quote single lines. */
  hide(secret: string): void {
    for (const line of secret.split("\n"))
      if (line.trim().length >= SHORTEST && !line.startsWith("-----")) this.#values.add(line.trim());
  }

  mask(text: string): string {
    // The longest first: what remains of a value that holds another one would tell the rest of it.
    const longestFirst = [...this.#values].toSorted((a, b) => b.length - a.length);
    return longestFirst.reduce((masked, value) => masked.replaceAll(value, "***"), text);
  }
}
