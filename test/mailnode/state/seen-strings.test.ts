import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { SeenStrings } from "../../../src/mailnode/state/seen-strings.ts";

describe("strings that were read before", () => {
  it("finds nothing but what was kept, whatever else shares its slot", () => {
    const seen = new SeenStrings(4);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), fc.nat(3), (text, before) => {
        const own = Buffer.from(text);
        const bytes = Buffer.concat([Buffer.alloc(before, "x"), own]);
        const found = seen.find(bytes, before, bytes.length);
        if (found !== undefined) expect(Buffer.from(found)).toEqual(own);
        seen.keep(bytes, before, bytes.length, text);
        const kept = text.isWellFormed() && own.length === text.length && own.length <= 40;
        expect(seen.find(bytes, before, bytes.length)).toBe(kept ? text : undefined);
      }),
      { numRuns: 2000 },
    );
  });
});
