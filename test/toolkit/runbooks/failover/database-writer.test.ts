import { describe, expect, it } from "@jest/globals";
import { failoverDatabaseWriter } from "../../../../src/toolkit/runbooks/failover/database-writer.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { dryRun, refusalOf, RUN, runbookContext, titlesOf } from "../runbook-context.ts";

const UP = ["UP 0", "UP 0", "UP 0"];

/** Status and administrative state of the three database servers. */
function said(vip: boolean, writer: string | undefined, servers: readonly string[] = UP): Answer {
  const lines = [
    ...(writer ? [`writer ${writer}`] : []),
    ...servers.flatMap((server, index) => {
      const [status, admin] = server.split(" ");
      return [`status node-${index + 1} ${status}`, `admin node-${index + 1} ${admin}`];
    }),
  ];
  const address = "|2: eth0    inet 192.168.1.100/32 scope global eth0\n";
  const stdout = `@vip 0\n${vip ? address : ""}@writer 0\n${lines.map((line) => `|${line}\n`).join("")}`;
  return { code: 0, stdout, stderr: "" };
}

async function planFor(each: readonly Answer[], to?: string): Promise<Plan> {
  const answers = new Map(each.map((answer, index) => [`node-${index + 1}`, answer]));
  return failoverDatabaseWriter.plan(runbookContext(), { to }, answers, RUN);
}

const titles = (plan: Plan) => plan.phases.flatMap((phase) => titlesOf(phase, new Map()));

describe("failover database-writer", () => {
  it("sets the others aside on every balancer until all of them know the new writer", async () => {
    expect(titles(await planFor([said(false, "node-1"), said(true, "node-1")], "node-3"))).toEqual([
      ["node-1: set node-1 and node-2 aside", "node-2: set node-1 and node-2 aside"],
      // A process that a reload left behind checks no servers: its clients would go on writing to the old one.
      [
        "node-1: end what is left of database sessions with node-1",
        "node-2: end what is left of database sessions with node-1",
        "node-1: end what is left of database sessions with node-2",
        "node-2: end what is left of database sessions with node-2",
      ],
      ["node-2: connect once, so that the balancers remember the new writer"],
      [
        "node-1: see that the balancer knows the new writer",
        "node-2: see that the balancer knows the new writer",
      ],
      ["node-1: let node-1 and node-2 stand by", "node-2: let node-1 and node-2 stand by"],
      ["node-1: see that the writer has stayed", "node-2: see that the writer has stayed"],
    ]);
  });

  it("takes the next one in the order of the description where none is named", async () => {
    const plan = await planFor([said(true, "node-1"), said(false, "node-1")]);
    expect(plan.phases[0]!.title).toBe("make node-2 the database writer");
  });

  it("knows the writer before the first connection", async () => {
    const error = await refusalOf(() => planFor([said(true, undefined), said(false, undefined)], "node-1"));
    expect(error.code).toBe("FAILOVER_HOLDS_ALREADY");
  });

  it("leaves a server alone that somebody took out", async () => {
    const servers = ["UP 0", "UP 0", "MAINT 1"];
    const plan = await planFor([said(true, "node-1", servers), said(false, "node-1", servers)]);
    expect(titles(plan)[0]).toEqual(["node-1: set node-1 aside", "node-2: set node-1 aside"]);
  });

  it("puts the servers back when the new writer does not come", async () => {
    const { phases } = await planFor([said(true, "node-1"), said(false, "node-1")]);
    const [aside] = phases[0]!.decide(new Map());
    expect(phases[0]!.group).toBe("make node-2 the database writer");
    expect(aside!.map(({ undo }) => undo![0]!.argv.slice(-3))).toEqual([
      ["ready", "node-1", "node-3"],
      ["ready", "node-1", "node-3"],
    ]);
  });

  it("refuses a machine that any balancer holds for unfit", async () => {
    const error = await refusalOf(() =>
      planFor([said(true, "node-1"), said(false, "node-1", ["UP 0", "DOWN 0", "UP 0"])], "node-2"),
    );
    expect(error.code).toBe("FAILOVER_UNFIT");
    expect(error.message).toContain("its database is not up on node-2");
  });

  it("refuses where no balancer bears the VIP, or none holds a database for fit", async () => {
    expect((await refusalOf(() => planFor([said(false, "node-1"), said(false, "node-1")]))).code).toBe(
      "FAILOVER_NO_HOLDER",
    );
    const down = ["DOWN 0", "DOWN 0", "DOWN 0"];
    const error = await refusalOf(() => planFor([said(true, "node-1", down), said(false, "node-1", down)]));
    expect(error.code).toBe("FAILOVER_NOWHERE");
    expect(error.remedy).toContain("mbctl recover galera");
  });

  it("says that a balancer which is away learns it later", async () => {
    const { notes } = await planFor([said(true, "node-1")]);
    expect(notes).toEqual(["node-2 cannot be reached: it learns the writer from the others when it returns"]);
  });

  it("prints these commands in a dry run", async () => {
    const { phases } = await planFor([said(true, "node-1"), said(false, "node-1")], "node-3");
    expect(await dryRun(phases)).toMatchSnapshot();
  });
});
