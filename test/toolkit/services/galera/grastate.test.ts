import { describe, expect, it } from "@jest/globals";
import { parseSavedState } from "../../../../src/toolkit/services/galera/grastate.ts";
import { grastate } from "./recorded.ts";

describe("grastate.dat", () => {
  it("gives history, place and flag", () => {
    expect(parseSavedState(grastate(24, { safe: 1 }))).toEqual({
      uuid: "82427ec6-e685-11f1-923a-a2e7766fb756",
      seqno: 24n,
      safeToBootstrap: true,
    });
  });

  it("says -1 after a crash, with the flag off", () => {
    expect(parseSavedState(grastate(-1))).toMatchObject({ seqno: -1n, safeToBootstrap: false });
  });

  it("keeps a place that a double cannot hold", () => {
    expect(parseSavedState(grastate(0).replace("seqno:   0", "seqno:   9007199254740993"))!.seqno).toBe(
      9007199254740993n,
    );
  });

  it("is no state when it is empty, torn or no such file", () => {
    for (const text of ["", "# GALERA saved state\nversion: 2.1\nuuid:    8242", "uuid: x\nseqno: 1\n"]) {
      expect(parseSavedState(text)).toBeUndefined();
    }
  });
});
