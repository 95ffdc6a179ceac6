import { describe, expect, it } from "@jest/globals";
import { readDrain, readUndrain } from "../../../../src/toolkit/cli/commands/drain.ts";
import { drain } from "../../../../src/toolkit/runbooks/drain/drain.ts";
import { undrain } from "../../../../src/toolkit/runbooks/drain/undrain.ts";

describe("the command line of a drain", () => {
  it("says no more than what was typed: the rest has the runbook's own defaults", () => {
    expect(readDrain(["node-2"], {})).toEqual({ machine: "node-2" });
    expect(drain.arguments.parse(readDrain(["node-2"], {}))).toEqual({
      machine: "node-2",
      reason: "",
      timeoutMs: 900_000,
      handoverMs: 20_000,
      endSessions: false,
      force: false,
    });
  });

  it("takes every option, times with their unit", () => {
    const given = {
      reason: "a new disk",
      timeout: "2m",
      handoverTimeout: "5s",
      endSessions: true,
      force: true,
    };
    expect(drain.arguments.parse(readDrain(["node-2"], given))).toEqual({
      machine: "node-2",
      reason: "a new disk",
      timeoutMs: 120_000,
      handoverMs: 5000,
      endSessions: true,
      force: true,
    });
    expect(() => readDrain(["node-2"], { timeout: "2" })).toThrow('"2" is not a duration');
  });

  it("takes --force to give back", () => {
    expect(undrain.arguments.parse(readUndrain(["node-2"], { force: true }))).toEqual({
      machine: "node-2",
      force: true,
    });
  });
});
