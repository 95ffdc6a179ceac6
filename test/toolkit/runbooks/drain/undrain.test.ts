import { describe, expect, it } from "@jest/globals";
import { undrain } from "../../../../src/toolkit/runbooks/drain/undrain.ts";
import { dryRun, refusalOf, RUN, runbookContext } from "../runbook-context.ts";
import { answersOf, AWAY, markOf, type Change } from "./answers.ts";

type Changes = Readonly<Record<string, Change | typeof AWAY>>;

const planOf = async (machine: string, changes: Changes = {}, force = false) =>
  undrain.plan(runbookContext(), undrain.arguments.parse({ machine, force }), answersOf(changes), RUN);

/** node-1, drained by whom it is; the balancers were told. */
const drained = (owner = "eve@desk", work: "drain" | "maintenance" = "drain"): Changes => {
  const mark = markOf({ machine: "node-1", owner, work });
  return {
    "node-1": { mark, hasVipMark: true, bearsVip: false, drains: { "node-1": mark } },
    "node-2": { bearsVip: true, drains: { "node-1": mark } },
  };
};

describe("undrain", () => {
  it("sends exactly this for a machine that was everything", async () => {
    const plan = await planOf("node-1", drained());
    expect(await dryRun(plan.phases)).toMatchSnapshot();
    expect(plan).toMatchObject({ notes: [], next: "mbctl status" });
  });

  it("gives back in the reverse order, and the balancers send sessions only when the machine takes them", async () => {
    const { phases } = await planOf("node-1", drained());
    expect(phases.map(({ title }) => title)).toEqual([
      "let node-1 bear the VIP again",
      "take the mark off node-1",
      "let Sentinel choose the cache of node-1 again",
      "see that the balancers have the database of node-1 again",
      "put node-1 back into every balancer",
    ]);
    const [mark] = phases[1]!.decide(new Map())[0]!;
    expect(mark!.verify!.title).toBe("the mail node says that it takes mail");
    const back = phases[4]!.decide(new Map())[0]!;
    expect(back.map(({ verify }) => verify!.title)).toEqual([
      "node-1 is up in every listener",
      "node-1 is up in every listener",
    ]);
  });

  it("has nothing to do for a machine that is not drained, and says so", async () => {
    expect(await planOf("node-1")).toEqual({
      phases: [],
      notes: ["node-1 is not drained"],
      next: "mbctl status",
    });
  });

  it("goes on where an earlier one was left: a balancer that still has the mark is enough", async () => {
    const { phases } = await planOf("node-1", {
      "node-2": { drains: { "node-1": markOf({ owner: "eve@desk" }) } },
    });
    expect(phases).toHaveLength(5);
  });

  it("leaves what somebody else has drained, and says whose it is, unless forced", async () => {
    const refusal = await refusalOf(() => planOf("node-1", drained("bob@hall")));
    expect(refusal).toMatchObject({
      code: "DRAINED_BY_ANOTHER",
      message:
        "node-1 is not given back: node-1 was drained by bob@hall on 2026-11-22T18:00:00.000Z, and you are eve@desk",
      remedy: "ask bob@hall; --force does it all the same",
    });
    const forced = await planOf("node-1", drained("bob@hall"), true);
    expect(forced.phases).toHaveLength(5);
    expect(forced.notes![0]).toContain("by --force, although node-1 was drained by bob@hall");
  });

  it("leaves what somebody drained by hand on a balancer, unless forced", async () => {
    const byHand: Changes = { "node-2": { states: { "smtp/node-1": 8 } } };
    const refusal = await refusalOf(() => planOf("node-1", byHand));
    expect(refusal).toMatchObject({
      code: "DRAINED_BY_ANOTHER",
      message: "node-1 is not given back: on node-2 smtp/node-1 was drained by hand",
    });
    expect((await planOf("node-1", byHand, true)).phases).toHaveLength(5);
  });

  it("does not give back a machine whose services may be stopped, even by force", async () => {
    const refusal = await refusalOf(() => planOf("node-1", drained("eve@desk", "maintenance"), true));
    expect(refusal).toMatchObject({ code: "IN_MAINTENANCE", remedy: "mbctl maintenance exit node-1" });
  });

  it("needs the machine", async () => {
    const refusal = await refusalOf(() => planOf("node-1", { "node-1": AWAY }));
    expect(refusal.code).toBe("DRAIN_UNREACHABLE");
  });

  it("says what to type later when a balancer is away that keeps what it was told", async () => {
    const { notes } = await planOf("node-1", { ...drained(), "node-2": AWAY });
    expect(notes).toEqual(["node-2 cannot be reached: when it is back, type mbctl undrain node-1 once more"]);
  });
});
