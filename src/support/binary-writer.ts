const WORD = 2 ** 32;
const CAPACITY = 256;
const EMPTY = new Uint8Array(0);
/** Larger buffers are not kept. A batch of some hundred entries fits, and has not to grow to its size each time. */
const KEPT_AT_MOST = 128 * 1024;

/** Of a writer that was emptied, for the next one: most are made for one message, and a buffer costs more than that. */
let kept: Uint8Array<ArrayBuffer> | undefined;

/** Puts numbers and bytes one after the other into a buffer that grows. Numbers are little-endian. */
export class BinaryWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = CAPACITY) {
    if (kept === undefined || kept.length < capacity) this.#bytes = new Uint8Array(capacity);
    else [this.#bytes, kept] = [kept, undefined];
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, whole(value, 0xff));
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, whole(value, WORD - 1), true);
  }

  /** As two halves, the low one first. A RangeError from 2^53 on, where numbers are no longer exact. */
  u64(value: number): void {
    const at = this.#room(8);
    this.#view.setUint32(at, whole(value, Number.MAX_SAFE_INTEGER) % WORD, true);
    this.#view.setUint32(at + 4, Math.floor(value / WORD), true);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** The bytes, after their number as a u32. */
  block(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** A name of up to 255 ASCII characters, after its length as one byte. */
  name(text: string): void {
    this.u8(text.length);
    const at = this.#room(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[at + i] = whole(text.charCodeAt(i), 0x7f);
  }

  zeros(count: number): void {
    const at = this.#room(count);
    this.#bytes.fill(0, at, at + count);
  }

  /** Puts a u32 over what was written at `at`. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, whole(value, WORD - 1), true);
  }

  /** What was written, in a buffer of its own that can be transferred to another thread. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    if (this.#bytes.length <= KEPT_AT_MOST && this.#bytes.length > (kept?.length ?? 0)) {
      kept = this.#bytes;
      this.#bytes = EMPTY;
    }
    return taken;
  }

  /** Where `count` bytes more begin. To be called before the buffer is named: it may put another one in place. */
  #room(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2, CAPACITY));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

function whole(value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new RangeError(`${value} is not a whole number from 0 to ${max}`);
}
