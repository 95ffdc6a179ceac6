const WORD = 2 ** 32;

/** Bytes that are not what a writer of this format puts there. */
export class BinaryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BinaryError";
  }
}

/** Takes apart what a BinaryWriter put together. Throws BinaryError, never reads beyond the end. */
export class BinaryReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  u64(): number {
    const at = this.#skip(8);
    const value = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * WORD;
    if (!Number.isSafeInteger(value)) throw new BinaryError("a number is 2^53 or more");
    return value;
  }

  /** A view of `count` bytes, not a copy. */
  raw(count: number): Uint8Array {
    const at = this.#skip(count);
    return this.#bytes.subarray(at, at + count);
  }

  block(): Uint8Array {
    return this.raw(this.u32());
  }

  name(): string {
    const bytes = this.raw(this.u8());
    let text = "";
    for (const byte of bytes) {
      if (byte > 0x7f) throw new BinaryError("a name holds a byte that is not ASCII");
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** A byte that is one of `values`, by its place there. */
  choice<T>(values: readonly T[]): T {
    const place = this.u8();
    if (place >= values.length)
      throw new BinaryError(`${place} stands where at most ${values.length - 1} may`);
    return values[place]!;
  }

  /** A number of things that follow, each at least `size` bytes long: more than can be there is an error. */
  count(size: number): number {
    const count = this.u32();
    if (count * size > this.left) throw new BinaryError(`${count} items are announced in ${this.left} bytes`);
    return count;
  }

  /** Throws unless all was read. */
  end(): void {
    if (this.left > 0) throw new BinaryError(`${this.left} bytes are left over`);
  }

  #skip(count: number): number {
    const at = this.#at;
    if (count > this.left) throw new BinaryError(`${count} bytes are read where ${this.left} are left`);
    this.#at = at + count;
    return at;
  }
}
