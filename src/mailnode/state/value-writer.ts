/** Up to so many bytes a string is put together here faster than a call into the runtime begins. */
const SHORT = 40;

/** Puts numbers, strings and bytes one behind the other, behind so many zeros, each in its one shortest form. */
export class ValueWriter {
  #buffer = Buffer.allocUnsafe(512);
  #length: number;

  constructor(zeros: number) {
    this.#buffer.fill(0, 0, zeros);
    this.#length = zeros;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  float(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  /** Throws TypeError for half a surrogate pair, which has no UTF-8. */
  text(value: string): void {
    if (value.length <= SHORT && this.#ascii(value)) return;
    if (!value.isWellFormed()) throw new TypeError("a string holds half a surrogate pair");
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.#reserve(length);
    this.#length += this.#buffer.write(value, this.#length);
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  done(): Uint8Array {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }

  /** Writes a short string whose characters are one byte each; false when they are not. */
  #ascii(value: string): boolean {
    this.#reserve(1 + SHORT);
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at++] = value.length;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) return false;
      buffer[at++] = code;
    }
    this.#length = at;
    return true;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
