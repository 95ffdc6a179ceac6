import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { CodecError } from "../../../src/mailnode/state/codec-error.ts";
import { decodeValue, encodeValue } from "../../../src/mailnode/state/codec.ts";

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((number) => number + 0),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("any"), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== "__proto__"),
      tie("any"),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
})).any;

// Hundreds of runs, or a real program: the default is too short on a busy machine.
jest.setTimeout(60_000);

describe("the codec of plain values", () => {
  it("reads back what it wrote, and writes that the same again", () => {
    fc.assert(
      fc.property(value, (written) => {
        const bytes = encodeValue(written);
        const read = decodeValue(bytes);
        expect(read).toEqual(written);
        expect(Buffer.from(encodeValue(read)).equals(bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("gives one encoding to one value, whatever the order of its fields, and leaves undefined ones out", () => {
    expect(encodeValue({ b: 1, a: 2, c: undefined })).toEqual(encodeValue({ a: 2, b: 1 }));
  });

  it("accepts from strangers only what it would have written itself, and fails in no other way than its own", () => {
    let refused = 0;
    fc.assert(
      fc.property(
        value,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (written, changes) => {
          const bytes = encodeValue(written);
          for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
          try {
            expect(encodeValue(decodeValue(bytes))).toEqual(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
            refused++;
          }
        },
      ),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(encodeValue(decodeValue(bytes))).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
          refused++;
        }
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it.each([
    ["a length beyond the end", [6, 200, 1]],
    ["a list of more items than there are bytes", [8, 255, 255, 255, 255, 15]],
    ["a number longer than it needs to be", [3, 128, 0]],
    ["a number above 2^53", [3, 255, 255, 255, 255, 255, 255, 255, 255, 127]],
    ["a whole number written as a float", [5, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]],
    ["fields out of order", [9, 2, 1, 98, 0, 1, 97, 0]],
    ["the same field twice", [9, 2, 1, 97, 0, 1, 97, 0]],
    ["a string that is not UTF-8", [6, 1, 255]],
    ["a field that would change the object's kind", [9, 1, 9, ...Buffer.from("__proto__"), 0]],
    ["bytes after the value", [0, 0]],
    ["nothing", []],
    ["an unknown tag", [77]],
    ["a value of great depth", [...Array.from({ length: 40 }, () => [8, 1]).flat(), 0]],
  ])("refuses %s", (_name, bytes) => {
    expect(() => decodeValue(Uint8Array.from(bytes))).toThrow(CodecError);
  });

  it.each([
    ["a function", () => 1],
    ["not a number", NaN],
    ["half a character", "\ud800"],
    ["a bigint", 1n],
  ])("does not write %s", (_name, written) => {
    expect(() => encodeValue(written)).toThrow(TypeError);
  });
});
