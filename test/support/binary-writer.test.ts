import { describe, expect, it } from "@jest/globals";
import { BinaryWriter } from "../../src/support/binary-writer.ts";

describe("a binary writer", () => {
  it("puts numbers down little-endian, a u64 as its low half and its high half", () => {
    const writer = new BinaryWriter();
    writer.u8(1);
    writer.u32(0x01020304);
    writer.u64(2 ** 32 * 5 + 6);
    expect([...writer.take()]).toEqual([1, 4, 3, 2, 1, 6, 0, 0, 0, 5, 0, 0, 0]);
  });

  it("takes as u64 every whole number below 2^53 and no other", () => {
    const writer = new BinaryWriter();
    writer.u64(Number.MAX_SAFE_INTEGER);
    expect([...writer.take()]).toEqual([255, 255, 255, 255, 255, 255, 31, 0]);
    for (const value of [2 ** 53, -1, 0.5, NaN, Infinity]) {
      expect(() => writer.u64(value)).toThrow(RangeError);
    }
  });

  it("refuses numbers that do not fit", () => {
    const writer = new BinaryWriter();
    expect(() => writer.u8(256)).toThrow("256 is not a whole number from 0 to 255");
    expect(() => writer.u32(2 ** 32)).toThrow(RangeError);
    expect(() => writer.u32(-1)).toThrow(RangeError);
  });

  it("refuses names that are not ASCII or above 255 characters", () => {
    const writer = new BinaryWriter();
    expect(() => writer.name("nöde")).toThrow(RangeError);
    expect(() => writer.name("n".repeat(256))).toThrow(RangeError);
  });

  it("grows as it must, in the middle of any value", () => {
    for (let capacity = 1; capacity < 40; capacity++) {
      const writer = new BinaryWriter(capacity);
      writer.u8(7);
      writer.u64(7);
      writer.name("seven");
      writer.block(Uint8Array.of(7, 7, 7));
      writer.zeros(3);
      expect([...writer.take()]).toEqual([
        7,
        7,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        5,
        ...Buffer.from("seven"),
        3,
        0,
        0,
        0,
        7,
        7,
        7,
        0,
        0,
        0,
      ]);
    }
  });

  it("gives what was written in a buffer of its own, and begins anew", () => {
    const writer = new BinaryWriter();
    writer.u8(1);
    const first = writer.take();
    writer.u8(2);
    writer.zeros(2);
    expect([...first]).toEqual([1]);
    expect(first.buffer.byteLength).toBe(1);
    expect([...writer.take()]).toEqual([2, 0, 0]);
  });
});
