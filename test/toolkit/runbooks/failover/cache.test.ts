import { describe, expect, it } from "@jest/globals";
import { failoverCache } from "../../../../src/toolkit/runbooks/failover/cache.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { dryRun, refusalOf, RUN, runbookContext, titlesOf } from "../runbook-context.ts";

interface Parts {
  readonly role?: "master" | "slave";
  readonly link?: "up" | "down";
  readonly master?: string;
  readonly quorum?: string;
  readonly drained?: boolean;
}

function said(parts: Parts = {}): Answer {
  const {
    role = "slave",
    link = "up",
    master = "192.168.1.101",
    quorum = "OK 3 usable Sentinels",
    drained,
  } = parts;
  const mark = { machine: "x", owner: "bob@hall", reason: "", at: "", run: "", work: "drain" };
  const stdout = `@drained\n${drained ? JSON.stringify(mark) : ""}\n@cache\nrole:${role}\nmaster_link_status:${link}\nmaster_sync_in_progress:0\n@master\n${master}\n@quorum\n${quorum}\n`;
  return { code: 0, stdout, stderr: "" };
}

const master = said({ role: "master" });

async function planFor(each: readonly (Answer | undefined)[], to?: string): Promise<Plan> {
  const answers = new Map<string, Answer>();
  for (const [index, answer] of each.entries()) if (answer) answers.set(`node-${index + 1}`, answer);
  return failoverCache.plan(runbookContext(), { to }, answers, RUN);
}

const titles = (plan: Plan) => plan.phases.flatMap((phase) => titlesOf(phase, new Map()));

describe("failover cache", () => {
  it("lets Sentinel choose, and ends when all name the new master and the old one follows it", async () => {
    const plan = await planFor([master, said(), said()]);
    expect(titles(plan)).toEqual([["node-2: make another cache than node-1 the master"]]);
    const step = plan.phases[0]!.decide(new Map())[0]![0]!;
    expect(step.verify!.title).toBe("all Sentinels name another master, and node-1 follows it in sync");
    expect(step.verify!.command.argv.slice(-3)).toEqual(["192.168.1.101", "192.168.1.102", "192.168.1.103"]);
  });

  it("does nothing when it is resumed after Sentinel has done it", async () => {
    const { phases } = await planFor([master, said(), said()]);
    expect(phases[0]!.decide(new Map())[0]![0]!.unless!.argv.slice(-2)).toEqual([
      "192.168.1.101",
      "192.168.1.102",
    ]);
  });

  it("has the other replicas passed over for a named one, and takes that back", async () => {
    const plan = await planFor([master, said(), said()], "node-3");
    expect(titles(plan)).toEqual([
      ["node-2: let Sentinel pass over this cache, for node-3"],
      ["node-3: wait until its Sentinel knows whom to pass over"],
      ["node-3: make another cache than node-1 the master"],
      ["node-3: see that it is the master"],
      ["node-2: let Sentinel choose this cache again"],
    ]);
    expect(plan.phases[0]!.decide(new Map())[0]![0]!.undo).toHaveLength(1);
  });

  it.each([
    ["is not in sync", said({ link: "down" })],
    ["has a Sentinel without a quorum", said({ quorum: "NOQUORUM 1 usable Sentinels" })],
  ])("has a replica passed over also when it %s: Sentinel might choose it all the same", async (_, other) => {
    expect(titles(await planFor([master, other, said()], "node-3"))[0]).toEqual([
      "node-2: let Sentinel pass over this cache, for node-3",
    ]);
  });

  it.each([
    ["is drained, and leaves it passed over", [master, said({ drained: true }), said()]],
    ["does not answer", [master, undefined, said()]],
  ])("goes by what Sentinel says of a cache that %s", async (_, each) => {
    const plan = await planFor(each, "node-3");
    expect(titles(plan)).toEqual([
      ["node-3: wait until its Sentinel knows whom to pass over"],
      ["node-3: make another cache than node-1 the master"],
      ["node-3: see that it is the master"],
    ]);
    const [noticed] = plan.phases[0]!.decide(new Map());
    expect(noticed![0]!.verify!.command.argv.at(-1)).toBe("192.168.1.102");
  });

  it("refuses while the Sentinels differ, or name a machine that is not ours", async () => {
    const error = await refusalOf(() => planFor([master, said({ master: "192.168.1.103" }), said()]));
    expect(error.code).toBe("FAILOVER_NO_HOLDER");
    expect(error.message).toContain("192.168.1.101 and 192.168.1.103");
    const foreign = said({ master: "10.0.0.1" });
    expect((await refusalOf(() => planFor([foreign, foreign, foreign]))).code).toBe("FAILOVER_NO_HOLDER");
  });

  it.each([
    [said({ link: "down" }), "its cache is not in sync"],
    [said({ role: "master" }), "its cache is no replica"],
    [said({ drained: true }), "it is drained by bob@hall"],
    [said({ quorum: "NOQUORUM 1 usable Sentinels" }), "its Sentinel reaches no quorum"],
  ])("refuses a replica that is not fit", async (other, fault) => {
    const error = await refusalOf(() => planFor([master, other, other]));
    expect(error.code).toBe("FAILOVER_NOWHERE");
    expect(error.message).toContain(`node-2: ${fault}; node-3: ${fault}`);
  });

  it("prints these commands in a dry run", async () => {
    const { phases } = await planFor([master, said(), said()], "node-3");
    expect(await dryRun(phases)).toMatchSnapshot();
  });
});
