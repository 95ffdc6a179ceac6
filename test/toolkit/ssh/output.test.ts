import { describe, expect, it } from "@jest/globals";
import { Output } from "../../../src/toolkit/ssh/output.ts";

describe("a program's output", () => {
  it("keeps a character whole that comes in two parts", () => {
    const bytes = Buffer.from("größe ✓");
    const output = new Output(100);
    for (const byte of bytes) expect(output.add(Buffer.of(byte))).toBe(true);
    expect(output.text()).toBe("größe ✓");
  });

  it("says when its limit is passed, and keeps no more than that", () => {
    const output = new Output(4);
    expect(output.add(Buffer.from("1234"))).toBe(true);
    expect(output.add(Buffer.from("5"))).toBe(false);
    expect(output.text()).toBe("1234");
  });
});
