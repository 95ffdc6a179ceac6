import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { BinaryError, BinaryReader } from "../../src/support/binary-reader.ts";
import { BinaryWriter } from "../../src/support/binary-writer.ts";

const reader = (...bytes: number[]) => new BinaryReader(Uint8Array.from(bytes));

describe("a binary reader", () => {
  it("reads what a writer wrote", () => {
    const name = fc.string({ unit: "grapheme-ascii", maxLength: 255 });
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(2 ** 32 - 1), name, fc.uint8Array(), (long, short, text, bytes) => {
        const writer = new BinaryWriter(1);
        writer.u64(long);
        writer.u32(short);
        writer.name(text);
        writer.block(bytes);
        const read = new BinaryReader(writer.take());
        expect([read.u64(), read.u32(), read.name(), [...read.block()]]).toEqual([
          long,
          short,
          text,
          [...bytes],
        ]);
        read.end();
      }),
    );
  });

  it("refuses a u64 of 2^53 or more", () => {
    expect(() => reader(0, 0, 0, 0, 0, 0, 32, 0).u64()).toThrow("a number is 2^53 or more");
  });

  it("refuses to read beyond the end, and reads nothing then", () => {
    const short = reader(1, 0, 0);
    expect(() => short.u32()).toThrow("4 bytes are read where 3 are left");
    expect(() => reader(200, 0, 0, 0, 1).block()).toThrow(BinaryError);
    expect(() => reader(3, 65).name()).toThrow(BinaryError);
    expect(short.left).toBe(3);
  });

  it("refuses a number of things that cannot be there, before anybody makes room for them", () => {
    expect(() => reader(255, 255, 255, 255, 1, 2, 3).count(1)).toThrow(
      "4294967295 items are announced in 3 bytes",
    );
    expect(reader(3, 0, 0, 0, 1, 2, 3).count(1)).toBe(3);
  });

  it("refuses a choice that is none, a name that is not ASCII, and what is left over", () => {
    expect(reader(1).choice(["a", "b"])).toBe("b");
    expect(() => reader(2).choice(["a", "b"])).toThrow("2 stands where at most 1 may");
    expect(() => reader(1, 200).name()).toThrow("not ASCII");
    expect(() => reader(1).end()).toThrow("1 bytes are left over");
  });
});
