import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Masker } from "../../../src/toolkit/runner/masker.ts";

describe("masking what programs print", () => {
  it("leaves nothing of any hidden value, also where one holds another", () => {
    const value = fc.stringMatching(/^[A-Za-z2-9]{6,16}$/);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
        const nested = [...values, `${values[0]}tail23`, values.join("")];
        const masker = new Masker();
        nested.forEach((secret) => masker.hide(secret));
        for (const secret of nested) expect(masker.mask(`said: ${secret}.`)).toBe("said: ***.");
      }),
    );
  });

  it("hides a key line by line, and leaves its frame readable", () => {
    const masker = new Masker();
    masker.hide("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\nByqGSM49AgEG\n-----END PRIVATE KEY-----\n");
    expect(masker.mask("line 2: ByqGSM49AgEG is bad\n-----BEGIN PRIVATE KEY-----")).toBe(
      "line 2: *** is bad\n-----BEGIN PRIVATE KEY-----",
    );
  });
});
