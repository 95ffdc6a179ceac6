import { describe, expect, it } from "@jest/globals";
import { architectureOf } from "../../../src/toolkit/release/architecture.ts";

describe("the processor of a machine", () => {
  it.each([
    ["x86_64\n", "x64"],
    ["aarch64\n", "arm64"],
  ])("is read from %j", (uname, expected) => {
    expect(architectureOf("node-1", uname)).toBe(expected);
  });

  it("that there is no runtime for is refused by name", () => {
    expect(() => architectureOf("node-1", "riscv64\n")).toThrow(
      'machine node-1 has a processor of the kind "riscv64"',
    );
  });
});
