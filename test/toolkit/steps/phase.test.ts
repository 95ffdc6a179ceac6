import { describe, expect, it } from "@jest/globals";
import { plannedPhase, titledFor } from "../../../src/toolkit/steps/phase.ts";

describe("the title of a phase that is done for one machine of several", () => {
  it.each([
    ["see that the database is used elsewhere", "a", "see that the database is used elsewhere, for a"],
    [
      "see that the database is used elsewhere",
      "node-1",
      "see that the database is used elsewhere, for node-1",
    ],
    ["drain node-1", "node-1", "drain node-1"],
    ["drain node-12", "node-1", "drain node-12, for node-1"],
    ["stop the services of a, then b", "a", "stop the services of a, then b"],
  ])("%s, for %s", (title, machine, titled) => {
    expect(titledFor(plannedPhase(title, []), machine).title).toBe(titled);
  });
});
