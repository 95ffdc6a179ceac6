import { describe, expect, it } from "@jest/globals";
import { bind } from "../../../src/toolkit/runbooks/bind.ts";
import { failoverCache } from "../../../src/toolkit/runbooks/failover/cache.ts";
import { plannedPhase } from "../../../src/toolkit/steps/phase.ts";
import { refusalOf, RUN, runbookContext } from "./runbook-context.ts";

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

describe("a plan with two phases of one title", () => {
  it("is refused: a run that is resumed would take the second for done with the first", async () => {
    const phases = ["stop it", "start it", "stop it"].map((title) => plannedPhase(title, []));
    const runbook = { ...failoverCache, plan: () => ({ phases }) };
    const runnable = bind(runbook, runbookContext(), {}, "mbctl failover cache");
    const refused = await refusalOf(async () => runnable.plan(new Map(), RUN));
    expect([refused.code, refused.message]).toEqual([
      "RUNBOOK_TITLES",
      'two phases of failover cache are called "stop it", and the journal knows a phase by its title',
    ]);
  });
});
