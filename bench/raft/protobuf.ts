/**
 * As much of protocol buffers as the benchmark's few messages need: unsigned numbers and bytes, by field number
 * (protobuf.dev/programming-guides/encoding).
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

export type Field = readonly [number: number, value: bigint | Uint8Array];

/** A message of these fields, in their order. */
export function encodeMessage(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap(([number, value]) =>
      value instanceof Uint8Array
        ? [varint(BigInt((number << 3) | BYTES)), varint(BigInt(value.length)), value]
        : [varint(BigInt((number << 3) | VARINT)), varint(value)],
    ),
  );
}

/** The last value of each field; fields of a fixed size are passed over. Throws RangeError for what is no message. */
export function decodeMessage(bytes: Uint8Array): ReadonlyMap<number, bigint | Uint8Array> {
  const fields = new Map<number, bigint | Uint8Array>();
  let at = 0;
  const number = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("a message ends within a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError("a message ends within a field");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(number());
    const [field, wire] = [tag >> 3, tag & 7];
    if (wire === VARINT) fields.set(field, number());
    else if (wire === BYTES) fields.set(field, take(Number(number())));
    else if (wire === FIXED64) take(8);
    else if (wire === FIXED32) take(4);
    else throw new RangeError(`no field has the wire type ${wire}`);
  }
  return fields;
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
