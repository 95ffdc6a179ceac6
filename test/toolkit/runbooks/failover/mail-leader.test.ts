import { describe, expect, it } from "@jest/globals";
import type { ClusterPart } from "../../../../src/contract/cluster-status.ts";
import { failoverMailLeader } from "../../../../src/toolkit/runbooks/failover/mail-leader.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import { answersOf, AWAY, markOf, type Change } from "../drain/answers.ts";
import { dryRun, refusalOf, RUN, runbookContext, titlesOf } from "../runbook-context.ts";

type Changes = Readonly<Record<string, Change | typeof AWAY>>;

const planOf = async (to?: string, changes: Changes = {}): Promise<Plan> =>
  failoverMailLeader.plan(runbookContext(), { to }, answersOf(changes), RUN);

const titles = (plan: Plan) => plan.phases.flatMap((phase) => titlesOf(phase, new Map()));

describe("failover mail-leader", () => {
  it("has the first fit node take over, and ends when every one names it", async () => {
    expect(titles(await planOf())).toEqual([
      ["node-2: take the mail nodes' leadership over"],
      [
        "node-1: see that this mail node follows that of node-2",
        "node-3: see that this mail node follows that of node-2",
      ],
    ]);
  });

  it("takes the named one, and does nothing when it leads by the time of the step", async () => {
    const { phases } = await planOf("node-3");
    const [step] = phases[0]!.decide(new Map())[0]!;
    expect(step!.machine).toBe("node-3");
    expect(step!.commands[0]!.argv.slice(-3)).toEqual(["transfer", "--to", "node-3"]);
    expect(step!.unless).toEqual(step!.verify!.command);
  });

  it("prints these commands in a dry run", async () => {
    expect(await dryRun((await planOf("node-3")).phases)).toMatchSnapshot();
  });

  it("refuses while nobody leads, while they differ, and where the leader is none of ours", async () => {
    const all = (cluster: Partial<ClusterPart>) =>
      Object.fromEntries(["node-1", "node-2", "node-3"].map((name) => [name, { cluster }]));
    const messages = await Promise.all(
      [all({ leader: null }), { "node-3": { cluster: { leader: "node-3" } } }, all({ leader: "node-9" })].map(
        async (changes) => (await refusalOf(() => planOf(undefined, changes))).message,
      ),
    );
    const rest = ", and it should be one mail node of this cluster";
    expect(messages).toEqual([
      `the mail nodes that answer name no leader${rest}`,
      `the mail nodes that answer name node-1 and node-3${rest}`,
      `the mail nodes that answer name node-9${rest}`,
    ]);
  });

  it.each([
    [AWAY, "it does not answer"],
    [{ mark: markOf({ owner: "bob@hall" }) }, "it is drained by bob@hall"],
    [{ cluster: "none" }, "its mail node says nothing of its cluster"],
    [{ cluster: { standing: undefined } }, "its mail node is no member of the cluster"],
    [{ cluster: { standing: "learner" } }, "its mail node is a learner, which does not lead"],
    [{ cluster: { leader: null } }, "its mail node follows no leader"],
  ] as readonly (readonly [Change | typeof AWAY, string])[])(
    "refuses a node that is not fit",
    async (change, fault) => {
      const refusal = await refusalOf(() => planOf(undefined, { "node-2": change, "node-3": change }));
      expect(refusal.code).toBe("FAILOVER_NOWHERE");
      expect(refusal.message).toContain(`node-2: ${fault}; node-3: ${fault}`);
    },
  );
});
