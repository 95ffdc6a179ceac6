/**
 * Canonical bytes for plain values: null, booleans, finite numbers, well-formed strings, bytes, lists and records.
 *
 * One value has one encoding (records sorted by key, numbers in their shortest form) and what is not canonical is
 * refused on reading. So replicas can be compared by the hash of their state, which JSON does not promise, and
 * values that are bytes are not blown up by a third as base64 is. Byte layout: a tag, then a varint length where
 * one is needed, then the content.
 */
import { SeenStrings } from "./seen-strings.ts";

const TAG = {
  null: 0,
  false: 1,
  true: 2,
  natural: 3,
  negative: 4,
  float: 5,
  string: 6,
  bytes: 7,
  list: 8,
  record: 9,
} as const;

/** Up to so many bytes a string is put together here faster than a call into the runtime begins. */
const SHORT = 40;

/** Deeper values are refused: the decoder recurses. */
const MAX_DEPTH = 32;

/** The names of fields, kinds and nodes, which are the same all day. */
const SEEN = new SeenStrings(512);

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What was read is no canonical value. */
export class CodecError extends Error {}

/**
 * Encodes a value behind so many zeros; fields that are undefined are left out. Throws TypeError for what is no plain
 * value.
 */
export function encodeValue(value: unknown, zeros = 0): Uint8Array {
  const writer = new Writer(zeros);
  write(writer, value, 0);
  return writer.done();
}

/** Reads one value that fills `bytes` from `offset` to the end. Throws CodecError, whatever the bytes are. */
export function decodeValue(bytes: Uint8Array, offset = 0): unknown {
  const reader = new Reader(bytes, offset);
  const value = read(reader, 0);
  reader.end();
  return value;
}

function write(to: Writer, value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw new TypeError(`a value may not be deeper than ${MAX_DEPTH}`);
  if (value === null) to.byte(TAG.null);
  else if (typeof value === "boolean") to.byte(value ? TAG.true : TAG.false);
  else if (typeof value === "number") writeNumber(to, value);
  else if (typeof value === "string") {
    if (!value.isWellFormed()) throw new TypeError("a string holds half a surrogate pair");
    to.byte(TAG.string);
    to.text(value);
  } else if (value instanceof Uint8Array) {
    to.byte(TAG.bytes);
    to.bytes(value);
  } else if (Array.isArray(value)) {
    to.byte(TAG.list);
    to.varint(value.length);
    for (const item of value) write(to, item, depth + 1);
  } else if (typeof value === "object") writeRecord(to, value, depth);
  else throw new TypeError(`a value of type ${typeof value} cannot be stored`);
}

function writeNumber(to: Writer, value: number): void {
  if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be stored`);
  if (!Number.isSafeInteger(value)) {
    to.byte(TAG.float);
    to.float(value);
  } else {
    to.byte(value < 0 ? TAG.negative : TAG.natural);
    to.varint(value < 0 ? -1 - value : value);
  }
}

function writeRecord(to: Writer, value: object, depth: number): void {
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record).filter((key) => record[key] !== undefined);
  keys.sort();
  to.byte(TAG.record);
  to.varint(keys.length);
  for (const key of keys) {
    to.text(key);
    write(to, record[key], depth + 1);
  }
}

function read(from: Reader, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new CodecError(`a value is deeper than ${MAX_DEPTH}`);
  const tag = from.byte();
  switch (tag) {
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.natural:
      return from.varint();
    case TAG.negative: {
      const value = -1 - from.varint();
      if (!Number.isSafeInteger(value)) throw new CodecError("an integer is too small");
      return value;
    }
    case TAG.float: {
      const value = from.float();
      if (!Number.isFinite(value) || Number.isSafeInteger(value))
        throw new CodecError("a number is not canonical");
      return value;
    }
    case TAG.string:
      return from.text();
    case TAG.bytes:
      return from.bytes();
    case TAG.list: {
      const list: unknown[] = [];
      for (let left = from.count(); left > 0; left--) list.push(read(from, depth + 1));
      return list;
    }
    case TAG.record:
      return readRecord(from, depth);
    default:
      throw new CodecError(`${tag} is no tag`);
  }
}

function readRecord(from: Reader, depth: number): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  let last: string | undefined;
  for (let left = from.count(); left > 0; left--) {
    const key = from.text();
    if (last !== undefined && key <= last) throw new CodecError("the keys of a record are not sorted");
    // The one name that would not become a field.
    if (key === "__proto__") throw new CodecError("a record has a key that it may not have");
    record[key] = read(from, depth + 1);
    last = key;
  }
  return record;
}

class Writer {
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

  text(value: string): void {
    if (value.length <= SHORT && this.#ascii(value)) return;
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

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
    const value = this.#view.getFloat64(this.#at);
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
