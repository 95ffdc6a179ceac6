import { describe, expect, it } from "@jest/globals";
import { adviceRules } from "../../../../src/toolkit/status/rules/advice.ts";
import { drain, found, inShort } from "../whole.ts";

const join = {
  service: "galera",
  machines: ["node-2"],
  message: "left to do: join the database cluster on node-2",
  remedy: "mbctl apply",
};

describe("what the forming phases say", () => {
  it("is found with its remedy", () => {
    expect(inShort(found(adviceRules, (status) => void (status.advice = [join])))).toEqual([
      "critical: galera: left to do: join the database cluster on node-2 -> mbctl apply",
    ]);
  });

  it("is only noted where it is left undone on a machine that is drained", () => {
    const findings = found(adviceRules, (status) => {
      status.advice = [join];
      drain(status, "node-2");
    });
    expect(inShort(findings)).toEqual(["note: galera: left to do: join the database cluster on node-2 -> "]);
  });
});
