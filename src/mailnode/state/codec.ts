/**
 * Canonical bytes for plain values: null, booleans, finite numbers, well-formed strings, bytes, lists and records.
 *
 * One value has one encoding (records sorted by key, numbers in their shortest form) and what is not canonical is
 * refused on reading. So replicas can be compared by the hash of their state, which JSON does not promise, and
 * values that are bytes are not blown up by a third as base64 is. Byte layout: a tag, then a varint length where
 * one is needed, then the content.
 */
import { CodecError } from "./codec-error.ts";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

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

/** Deeper values are refused: the decoder recurses. */
const MAX_DEPTH = 32;

/** Encodes a value behind so many zeros. Throws like writeValue. */
export function encodeValue(value: unknown, zeros = 0): Uint8Array {
  const writer = new ValueWriter(zeros);
  writeValue(writer, value);
  return writer.done();
}

/** Reads one value that fills `bytes` from `offset` to the end. Throws CodecError, whatever the bytes are. */
export function decodeValue(bytes: Uint8Array, offset = 0): unknown {
  const reader = new ValueReader(bytes, offset);
  const value = readValue(reader);
  reader.end();
  return value;
}

/** Writes a value; fields that are undefined are left out. Throws TypeError for what is no plain value. */
export function writeValue(to: ValueWriter, value: unknown, depth = 0): void {
  if (depth > MAX_DEPTH) throw new TypeError(`a value may not be deeper than ${MAX_DEPTH}`);
  if (value === null) to.byte(TAG.null);
  else if (typeof value === "boolean") to.byte(value ? TAG.true : TAG.false);
  else if (typeof value === "number") writeNumber(to, value);
  else if (typeof value === "string") {
    to.byte(TAG.string);
    to.text(value);
  } else if (value instanceof Uint8Array) {
    to.byte(TAG.bytes);
    to.bytes(value);
  } else if (Array.isArray(value)) {
    to.byte(TAG.list);
    to.varint(value.length);
    for (const item of value) writeValue(to, item, depth + 1);
  } else if (typeof value === "object") writeRecord(to, value, depth);
  else throw new TypeError(`a value of type ${typeof value} cannot be stored`);
}

function writeNumber(to: ValueWriter, value: number): void {
  if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be stored`);
  if (!Number.isSafeInteger(value)) {
    to.byte(TAG.float);
    to.float(value);
  } else {
    to.byte(value < 0 ? TAG.negative : TAG.natural);
    to.varint(value < 0 ? -1 - value : value);
  }
}

function writeRecord(to: ValueWriter, value: object, depth: number): void {
  const record = value as Readonly<Record<string, unknown>>;
  const keys = sortedKeys(record);
  to.byte(TAG.record);
  to.varint(keys.length);
  for (const key of keys) {
    to.text(key);
    writeValue(to, record[key], depth + 1);
  }
}

/** So many are put in order faster than a sort begins. */
const FEW = 16;

/** The names of the fields that are there, in the order in which they are written. */
function sortedKeys(record: Readonly<Record<string, unknown>>): readonly string[] {
  const all = Object.keys(record);
  if (all.length > FEW) return all.filter((key) => record[key] !== undefined).sort();
  const keys: string[] = [];
  for (const key of all) {
    if (record[key] === undefined) continue;
    let place = keys.length;
    for (; place > 0 && keys[place - 1]! > key; place--) keys[place] = keys[place - 1]!;
    keys[place] = key;
  }
  return keys;
}

/** Reads a value. Throws CodecError, whatever is there. */
export function readValue(from: ValueReader, depth = 0): unknown {
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
      for (let left = from.count(); left > 0; left--) list.push(readValue(from, depth + 1));
      return list;
    }
    case TAG.record:
      return readRecord(from, depth);
    default:
      throw new CodecError(`${tag} is no tag`);
  }
}

function readRecord(from: ValueReader, depth: number): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  let last: string | undefined;
  for (let left = from.count(); left > 0; left--) {
    const key = from.text();
    if (last !== undefined && key <= last) throw new CodecError("the keys of a record are not sorted");
    // The one name that would not become a field.
    if (key === "__proto__") throw new CodecError("a record has a key that it may not have");
    record[key] = readValue(from, depth + 1);
    last = key;
  }
  return record;
}
