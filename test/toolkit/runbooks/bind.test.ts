import { describe, expect, it } from "@jest/globals";
import { bind } from "../../../src/toolkit/runbooks/bind.ts";
import { failoverCache } from "../../../src/toolkit/runbooks/failover/cache.ts";
import { refusalOf, runbookContext } from "./runbook-context.ts";

const bound = (given: unknown) => bind(failoverCache, runbookContext(), given, "mbctl failover cache");

describe("a runbook that is typed again", () => {
  it("supersedes a run of the same arguments, as its journal gives them back, and no other", () => {
    expect(bound({ to: undefined }).supersedes({})).toBe(true);
    expect(bound({ to: "node-2" }).supersedes({ to: "node-2" })).toBe(true);
    expect(bound({ to: "node-2" }).supersedes({})).toBe(false);
    expect(bound({}).supersedes({ to: "node-2" })).toBe(false);
  });

  it("is refused with arguments that it does not take", async () => {
    const refused = await refusalOf(async () => void bound({ to: 3 }));
    expect([refused.code, refused.message]).toEqual([
      "RUNBOOK_ARGUMENTS",
      expect.stringContaining("failover cache does not take"),
    ]);
  });
});
