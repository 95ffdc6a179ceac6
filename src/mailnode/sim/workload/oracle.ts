/**
 * What clients may see, by what they were told before: checked at every answer, in the order of true time. Every
 * value is written once, so that a value tells who wrote it.
 */
import { Violation } from "../violation.ts";

interface Write {
  readonly key: string;
  /** asked: nobody knows; never: it was refused for certain; done: it was acknowledged. */
  fate: "asked" | "never" | "done";
  /** Where it stands in the log, once that was seen. */
  version: number | undefined;
}

export class Oracle {
  readonly #writes = new Map<string, Write>();
  /** The highest version of each key that somebody was told of. */
  readonly #floors = new Map<string, number>();
  /** By key and version: what took its place by compare-and-set. */
  readonly #successors = new Map<string, string>();
  /** Acknowledged writes of keys that are written once. */
  readonly #kept: string[] = [];
  #serial = 0;

  /** Every acknowledged write of a key of its own, as key and value. */
  get kept(): readonly (readonly [key: string, value: string])[] {
    return this.#kept.map((value) => [this.#writes.get(value)!.key, value]);
  }

  get floors(): ReadonlyMap<string, number> {
    return this.#floors;
  }

  /** A value that nobody wrote before, about to be written. */
  ask(key: string): string {
    const value = `v${this.#serial++}`;
    this.#writes.set(value, { key, fate: "asked", version: undefined });
    return value;
  }

  /** The lowest version that an operation may see which begins now. */
  floor(key: string): number {
    return this.#floors.get(key) ?? 0;
  }

  refused(value: string): void {
    const write = this.#writes.get(value)!;
    if (write.version !== undefined)
      throw new Violation("refused for certain", `${value} was refused for certain, and is there`);
    write.fate = "never";
  }

  /** A write was acknowledged. `floor` is that of its beginning; `replaces` the version that it took the place of. */
  acknowledged(value: string, version: number | undefined, floor: number, replaces?: number): void {
    const write = this.#writes.get(value)!;
    write.fate = "done";
    if (write.key.startsWith("once/")) this.#kept.push(value);
    if (version === undefined) return;
    if (version <= floor)
      throw new Violation(
        "writes go forward",
        `${value} got version ${version}, and ${floor} was known before`,
      );
    this.#seen(write, value, version);
    if (replaces === undefined) return;
    const place = `${write.key} ${replaces}`;
    const other = this.#successors.get(place) ?? value;
    if (other !== value)
      throw new Violation("one successor", `${other} and ${value} both took the place of ${place}`);
    this.#successors.set(place, value);
  }

  /** A linearizable read was answered; `floor` is that of its beginning. */
  read(key: string, value: string | undefined, version: number, floor: number): void {
    if (version < floor)
      throw new Violation(
        "no stale read",
        `${key} was read at version ${version}, and ${floor} was known before`,
      );
    if (value === undefined) return;
    const write = this.#writes.get(value);
    if (write === undefined || write.key !== key)
      throw new Violation("no phantom", `${key} holds ${value}, which nobody wrote there`);
    this.#seen(write, value, version);
  }

  /** A replica applied a write. */
  applied(key: string, value: string, version: number): void {
    const write = this.#writes.get(value);
    if (write === undefined || write.key !== key)
      throw new Violation("no phantom", `${key} got ${value}, which nobody wrote there`);
    this.#seen(write, value, version, false);
  }

  #seen(write: Write, value: string, version: number, told = true): void {
    if (write.fate === "never")
      throw new Violation("refused for certain", `${value} was refused for certain, and is there`);
    if (write.version !== undefined && write.version !== version)
      throw new Violation("done once", `${value} stands at ${write.version} and at ${version}`);
    write.version = version;
    if (told) this.#floors.set(write.key, Math.max(this.floor(write.key), version));
  }
}
