import { describe, expect, it } from "@jest/globals";
import { isDrainedOnly } from "../../src/contract/node-status.ts";

const drain = { owner: "ada@desk", reason: "", at: "" };

describe("a node that does not take mail", () => {
  it("is in order when a mark drains it and nothing else is wrong", () => {
    expect(isDrainedOnly(JSON.stringify({ ready: false, node: "a", reason: "draining", drain }))).toBe(true);
  });

  it.each([
    ["that is stopping", { ready: false, node: "a", reason: "draining" }],
    ["whose disk is full behind the drain", { ready: false, node: "a", reason: "ENOSPC", drain }],
    ["that takes mail", { ready: true, node: "a" }],
  ])("is not drained only: one %s", (_which, answer) => {
    expect(isDrainedOnly(JSON.stringify(answer))).toBe(false);
  });

  it("is not drained only when it answers something else", () => {
    expect(isDrainedOnly("not found\n")).toBe(false);
  });
});
