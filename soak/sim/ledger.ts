/** What is known of the seeds that were run, slice by slice in their order, one line each. */
import { appendFile, readFile } from "node:fs/promises";

export interface Slice {
  readonly commit: string;
  readonly from: number;
  readonly seeds: number;
  readonly seconds: number;
  readonly events: number;
  /** Of the hashes of its seeds. */
  readonly hash: string;
  readonly failures: readonly { readonly seed: number; readonly rule: string }[];
}

/** A file to which slices may come in any order: each is written when all before it are. */
export class Ledger {
  /** The first seed that is not in it. */
  next: number;
  readonly #path: string;
  readonly #early = new Map<number, Slice>();

  private constructor(path: string, next: number) {
    this.#path = path;
    this.next = next;
  }

  /** Goes on behind what the file holds; it may be missing. */
  static async open(path: string): Promise<Ledger> {
    const text = await readFile(path, "utf8").catch(() => "");
    const slices = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Slice);
    return new Ledger(
      path,
      slices.reduce((most, { from, seeds }) => Math.max(most, from + seeds), 1),
    );
  }

  /** Gives back the lines that it wrote. */
  async add(slice: Slice): Promise<readonly string[]> {
    this.#early.set(slice.from, slice);
    const lines: string[] = [];
    for (let due = this.#early.get(this.next); due !== undefined; due = this.#early.get(this.next)) {
      this.#early.delete(due.from);
      this.next = due.from + due.seeds;
      lines.push(JSON.stringify(due));
    }
    await appendFile(this.#path, lines.map((line) => `${line}\n`).join(""));
    return lines;
  }
}
