import { describe, expect, it } from "@jest/globals";
import { failoverBalancer } from "../../../../src/toolkit/runbooks/failover/balancer.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Machine, Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { dryRun, refusalOf, RUN, runbookContext, titlesOf } from "../runbook-context.ts";

const preempting: Topology = {
  ...threeMachines,
  balancer: { ...threeMachines.balancer, vrrp: { ...threeMachines.balancer.vrrp, preempt: true } },
};
const threeBalancers: Topology = {
  ...threeMachines,
  machines: threeMachines.machines.map((machine): Machine => ({
    ...machine,
    roles: [...new Set(["balancer" as const, ...machine.roles])],
  })),
};

interface Parts {
  readonly vip?: boolean;
  readonly mark?: boolean;
  readonly keepalived?: boolean;
  readonly haproxy?: boolean;
}

function said({ vip = false, mark = false, keepalived = true, haproxy = true }: Parts = {}): Answer {
  const address = "|2: eth0    inet 192.168.1.100/32 scope global eth0\n";
  const stdout = `@vip 0\n${vip ? address : ""}@mark ${mark ? 0 : 1}\n@keepalived ${keepalived ? 0 : 3}\n@haproxy ${haproxy ? 0 : 7}\n`;
  return { code: 0, stdout, stderr: "" };
}

const holder = said({ vip: true });

async function planFor(
  each: readonly (Answer | undefined)[],
  to?: string,
  topology = threeMachines,
): Promise<Plan> {
  const answers = new Map(
    each.flatMap((answer, index) => (answer ? [[`node-${index + 1}`, answer] as const] : [])),
  );
  return failoverBalancer.plan(runbookContext(topology), { to }, answers, RUN);
}

const titles = (plan: Plan) => plan.phases.flatMap((phase) => titlesOf(phase, new Map()));

describe("failover balancer", () => {
  it("lets the VIP go from its holder, sees it come, and lets all stand by again", async () => {
    expect(titles(await planFor([holder, said()]))).toEqual([
      ["node-1: hold new clients back, and let the VIP go"],
      ["node-2: see that the VIP has come"],
      ["node-1: may bear the VIP again"],
      ["node-2: see that the VIP has stayed"],
    ]);
  });

  it("lets every other balancer but the chosen one stand back first", async () => {
    const plan = await planFor([holder, said(), said()], "node-3", threeBalancers);
    expect(titles(plan)).toEqual([
      ["node-2: stand back for node-3"],
      ["node-1: hold new clients back, and let the VIP go"],
      ["node-3: see that the VIP has come"],
      ["node-1: may bear the VIP again", "node-2: may bear the VIP again"],
      ["node-3: see that the VIP has stayed"],
    ]);
  });

  it("leaves a balancer alone that somebody drained", async () => {
    const plan = await planFor([holder, said({ mark: true }), said()], undefined, threeBalancers);
    expect(titles(plan).flat().join()).not.toContain("node-2");
  });

  it("takes the marks back when the VIP does not come", async () => {
    const { phases } = await planFor([holder, said()]);
    const [first] = phases;
    expect(first!.group).toBe("move the VIP to node-2");
    const undone = first!
      .decide(new Map())
      .flat()
      .filter(({ commands }) => commands.length > 0);
    expect(undone.every(({ undo }) => undo !== undefined)).toBe(true);
  });

  it("refuses where nobody, or more than one, bears the VIP", async () => {
    expect((await refusalOf(() => planFor([said(), said()]))).code).toBe("FAILOVER_NO_HOLDER");
    expect((await refusalOf(() => planFor([holder, holder]))).message).toContain("node-1 and node-2");
  });

  it.each([
    [undefined, "node-2: it does not answer"],
    [said({ mark: true }), "node-2: it is drained"],
    [said({ keepalived: false }), "node-2: keepalived does not run there"],
    [said({ haproxy: false }), "node-2: its HAProxy does not answer"],
  ])("refuses where no other balancer could take over", async (other, fault) => {
    const error = await refusalOf(() => planFor([holder, other]));
    expect(error.code).toBe("FAILOVER_NOWHERE");
    expect(error.message).toContain(fault);
  });

  it("refuses a machine that is no balancer, that is unfit, and that bears it already", async () => {
    expect((await refusalOf(() => planFor([holder, said()], "node-3"))).code).toBe("FAILOVER_UNKNOWN");
    expect((await refusalOf(() => planFor([holder, said({ mark: true })], "node-2"))).code).toBe(
      "FAILOVER_UNFIT",
    );
    expect((await refusalOf(() => planFor([holder, said()], "node-1"))).code).toBe("FAILOVER_HOLDS_ALREADY");
  });

  it("refuses where the VIP would come back at once", async () => {
    expect((await refusalOf(() => planFor([holder, said()], undefined, preempting))).code).toBe(
      "FAILOVER_PREEMPTED",
    );
    expect(titles(await planFor([said(), holder], undefined, preempting))).toHaveLength(4);
  });

  it("prints these commands in a dry run", async () => {
    const { phases } = await planFor([holder, said()]);
    expect(await dryRun(phases)).toMatchSnapshot();
  });
});
