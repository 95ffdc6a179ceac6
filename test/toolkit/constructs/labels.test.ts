import { describe, expect, it } from "@jest/globals";
import { toLabels } from "../../../src/toolkit/constructs/labels.ts";

describe("labels", () => {
  it("are sorted, so that their order never shows in a plan", () => {
    expect(toLabels({ b: "2", a: "1" })).toEqual([
      { label: "a", value: "1" },
      { label: "b", value: "2" },
    ]);
  });
});
