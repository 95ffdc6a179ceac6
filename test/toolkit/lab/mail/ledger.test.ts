import { describe, expect, it } from "@jest/globals";
import { ledgerLines, ledgerOf } from "../../../../src/toolkit/lab/mail/ledger.ts";

describe("the ledger", () => {
  it("finds what was answered and did not come, what came twice and what came unanswered", () => {
    const ledger = ledgerOf(["a", "b", "c"], ["b", "x", "a", "b"]);
    expect(ledger).toEqual({ answered: 3, arrived: 3, missing: ["c"], duplicates: ["b"], unanswered: ["x"] });
  });

  it("is whole when nothing is missing, whatever came twice", () => {
    expect(ledgerOf(["a"], ["a", "a"]).missing).toEqual([]);
  });

  it("names the first ids on each line and counts the rest", () => {
    const ids = Array.from({ length: 7 }, (_, index) => `m-${index}`);
    expect(ledgerLines(ledgerOf(ids, []))).toEqual([
      "answered 250:        7",
      "arrived:             0",
      "missing:             7 (m-0, m-1, m-2, m-3, m-4 and 2 more)",
      "arrived twice:       none",
      "arrived unanswered:  none",
    ]);
  });
});
