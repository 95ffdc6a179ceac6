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

  it("has as many rows as there are, also hundreds of thousands", () => {
    const rows = Array.from({ length: 300_000 }, () => ["x", "y"]);
    expect(textTable(rows)).toHaveLength(300_000 * "x  y\n".length);
  });

  it("is nothing without rows", () => {
    expect(textTable([])).toBe("");
  });
});
