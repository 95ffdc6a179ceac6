import { describe, expect, it } from "@jest/globals";
import { textTable } from "../../src/support/text-table.ts";

describe("a text table", () => {
  it("puts columns under each other, without blanks at the ends of lines", () => {
    expect(
      textTable([
        ["A", "LONG HEAD", "C"],
        ["first", "x", ""],
      ]),
    ).toBe("A      LONG HEAD  C\nfirst  x\n");
  });

  it("is nothing without rows", () => {
    expect(textTable([])).toBe("");
  });
});
