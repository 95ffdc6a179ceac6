import { CodecError } from "./codec-error.ts";
import { SeenStrings } from "./seen-strings.ts";

/** The names of fields, kinds and nodes, which are the same all day. */
const SEEN = new SeenStrings(512);

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Takes apart what a ValueWriter put together. Throws CodecError for anything else. */
export class ValueReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#at = offset;
  }

  byte(): number {
    this.#need(1);
    return this.#bytes[this.#at++]!;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (byte === 0 && scale > 1) throw new CodecError("a number is not in its shortest form");
        if (!Number.isSafeInteger(value)) throw new CodecError("a number is too large");
        return value;
      }
      if (scale > 2 ** 42) throw new CodecError("a number is too large");
    }
  }

  /** A number of things of at least one byte each: more than there are bytes left cannot be. */
  count(): number {
    const value = this.varint();
    this.#need(value);
    return value;
  }

  float(): number {
    this.#need(8);
    const { buffer, byteOffset } = this.#bytes;
    const value = new DataView(buffer, byteOffset + this.#at).getFloat64(0);
    this.#at += 8;
    return value;
  }

  text(): string {
    const start = this.#piece();
    const seen = SEEN.find(this.#bytes, start, this.#at);
    if (seen !== undefined) return seen;
    try {
      const text = UTF8.decode(this.#bytes.subarray(start, this.#at));
      SEEN.keep(this.#bytes, start, this.#at, text);
      return text;
    } catch (error) {
      throw new CodecError("a string is not UTF-8", { cause: error });
    }
  }

  /** A copy, so that a small value does not keep the whole log record in memory. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(this.#piece(), this.#at));
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new CodecError("something follows the value");
  }

  /** Goes past so many bytes as are announced, and says where they begin. */
  #piece(): number {
    const length = this.count();
    this.#at += length;
    return this.#at - length;
  }

  #need(count: number): void {
    if (!(count <= this.#bytes.length - this.#at)) throw new CodecError("the value ends too early");
  }
}
