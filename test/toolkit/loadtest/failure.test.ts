import { describe, expect, it } from "@jest/globals";
import { failureKind, Refusal, TimedOut } from "../../../src/toolkit/loadtest/failure.ts";

const withCode = (code: string) => Object.assign(new Error(code), { code });

describe("a failure", () => {
  it.each([
    ["refused", withCode("ECONNREFUSED")],
    ["refused", withCode("EHOSTUNREACH")],
    ["4xx", new Refusal(451, "try again")],
    ["4xx", new Refusal(404, "not found")],
    ["5xx", new Refusal(550, "no")],
    ["5xx", new Refusal(503, "unavailable")],
    ["reset", withCode("ECONNRESET")],
    ["reset", withCode("EPIPE")],
    ["timeout", new TimedOut("the greeting", 1_000)],
    ["timeout", withCode("ETIMEDOUT")],
    ["other", new Refusal(250, "at the wrong place")],
    ["other", new Error("anything")],
  ] as const)("is %s for %s", (kind, error) => {
    expect(failureKind(error)).toBe(kind);
  });
});
