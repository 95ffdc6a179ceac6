import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { crc32c } from "../../src/support/crc32c.ts";

/** RFC 3720, appendix B.4. */
const ISCSI: readonly (readonly [string, Uint8Array, number])[] = [
  ["32 zeros", new Uint8Array(32), 0x8a9136aa],
  ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
];

describe("crc32c", () => {
  it.each(ISCSI)("gives what the RFC gives for %s", (_, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });

  it("gives the check value of the polynomial", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  });

  it("is the same for a whole and for its parts one after the other, wherever they are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, at) => {
        const cut = Math.min(at, bytes.length);
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
        expect(crc32c(bytes, crc32c(bytes, 0, 0, cut), cut)).toBe(crc32c(bytes));
      }),
    );
  });

  it("finds every flip of up to three bits", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.uniqueArray(fc.nat(299 * 8), { minLength: 1, maxLength: 3 }),
        (bytes, bits) => {
          const places = new Set(bits.map((bit) => bit % (bytes.length * 8)));
          const flipped = bytes.slice();
          for (const bit of places) flipped[bit >> 3]! ^= 1 << (bit & 7);
          expect(crc32c(flipped)).not.toBe(crc32c(bytes));
        },
      ),
    );
  });
});
