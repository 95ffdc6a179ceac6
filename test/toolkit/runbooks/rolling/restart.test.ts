import { describe, expect, it } from "@jest/globals";
import { rollingRestart, type RestartArguments } from "../../../../src/toolkit/runbooks/rolling/restart.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { serializeDrainMark } from "../../../../src/contract/drain-mark.ts";
import { markOf } from "../drain/answers.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { dryRun, refusalOf, RUN, runbookContext } from "../runbook-context.ts";
import { LEADERS, saying, wholeCluster } from "./whole-cluster.ts";

const defaults = rollingRestart.arguments.parse({});

async function planFor(
  found: ReadonlyMap<string, Answer>,
  args: Partial<RestartArguments> = {},
): Promise<Plan> {
  return rollingRestart.plan(runbookContext(), { ...defaults, ...args }, found, RUN);
}

const changed = (name: string, change: (answer: Answer) => Answer) => {
  const found = wholeCluster();
  return found.set(name, change(found.get(name)!));
};

describe("restart --rolling", () => {
  it("asks each machine one question, which holds the probes of all its services", () => {
    const survey = rollingRestart.survey(runbookContext(), defaults);
    expect(survey.machines).toEqual(["node-1", "node-2", "node-3"]);
    const { argv, mutates } = survey.command("node-1");
    expect(mutates).toBe(false);
    for (const service of ["galera", "redis", "sentinel", "glusterfs", "mailnode", "haproxy", "keepalived"])
      expect(argv).toContain(`probe ${service}`);
  });

  it("works on the cache master, then the database writer, and on the bearer of the VIP last", async () => {
    const order = async (leaders: typeof LEADERS) => (await planFor(wholeCluster(leaders))).notes![0];
    expect(await order(LEADERS)).toBe("in this order: node-3, then node-2, then node-1");
    expect(await order({ vip: "node-2", writer: "node-2", master: "node-2", mail: "node-2" })).toBe(
      "in this order: node-1, then node-3, then node-2",
    );
    expect(await order({ vip: "node-1", writer: "node-3", master: "node-3" })).toBe(
      "in this order: node-2, then node-3, then node-1",
    );
  });

  it("works before these on the machine whose mail node leads, after those that lead nothing", async () => {
    const leaders = { vip: "node-3", writer: "node-3", master: "node-3", mail: "node-1" };
    expect((await planFor(wholeCluster(leaders))).notes![0]).toBe(
      "in this order: node-2, then node-1, then node-3",
    );
  });

  it("goes to the next machine only when the mail node of the last one follows a leader again", async () => {
    const { phases } = await planFor(wholeCluster());
    const whole = phases.find(({ title }) => title === "see that the cluster is whole with node-3")!;
    const last = whole.decide(new Map()).at(-1)!;
    expect(last.map(({ machine, verify }) => [machine, verify!.title])).toEqual([
      ["node-3", "the mail node is a member and follows a leader"],
    ]);
  });

  it("drains a machine, stops and starts its services in order, proves the whole cluster and gives it back", async () => {
    const titles = (await planFor(wholeCluster())).phases.map(({ title }) => title);
    const own = titles.slice(
      0,
      titles.findIndex((title) => title.includes("node-2 out of every balancer")),
    );
    expect(own).toMatchSnapshot();
    expect(titles).toHaveLength(new Set(titles).size);
  });

  it("puts a machine back whose drain fails, and leaves one drained whose services do not come back", async () => {
    const { phases, notes } = await planFor(wholeCluster());
    const groups = phases.filter(({ group }) => group !== undefined);
    expect(groups.every(({ title }) => !/^(start|stop) /.test(title))).toBe(true);
    expect(new Set(groups.map(({ group }) => group))).toEqual(
      new Set(["drain node-3", "drain node-2", "drain node-1"]),
    );
    expect(notes).toContain(
      "a machine whose services do not come back stays drained: mend it and type mbctl resume",
    );
  });

  it("restarts the named services only, on the machines that have them", async () => {
    const titles = (await planFor(wholeCluster(), { services: ["haproxy"] })).phases.map(
      ({ title }) => title,
    );
    expect(titles.filter((title) => /^(start|stop) /.test(title))).toEqual([
      "stop haproxy on node-2",
      "start haproxy on node-2",
      "stop haproxy on node-1",
      "start haproxy on node-1",
    ]);
  });

  it("plans the same again from the same answers, as a resumed run does", async () => {
    const text = async () => dryRun((await planFor(wholeCluster(), { services: ["redis"] })).phases);
    expect(await text()).toBe(await text());
  });

  it("waits for nothing to heal and every member synced after each machine", async () => {
    const { phases } = await planFor(wholeCluster());
    const whole = phases.filter(({ title }) => title.startsWith("see that the cluster is whole"));
    expect(whole.map(({ title }) => title)).toEqual([
      "see that the cluster is whole with node-3",
      "see that the cluster is whole with node-2",
      "see that the cluster is whole with node-1",
    ]);
    const waits = whole[0]!.decide(new Map()).flat();
    for (const { name } of threeMachines.machines) {
      const own = waits.filter(({ machine }) => machine === name).map(({ title }) => title);
      expect(own).toEqual(
        expect.arrayContaining([
          "wait for galera",
          "wait for glusterfs",
          "wait for redis",
          "wait for sentinel",
        ]),
      );
    }
  });

  it("prints these commands in a dry run of one service", async () => {
    const { phases } = await planFor(wholeCluster(), { services: ["haproxy"] });
    const ofOne = phases.filter(({ title }) => title.includes("haproxy on node-2"));
    expect(await dryRun(ofOne)).toMatchSnapshot();
  });
});

describe("restart --rolling refuses", () => {
  it("while a machine does not answer", async () => {
    const found = wholeCluster();
    found.delete("node-3");
    const error = await refusalOf(() => planFor(found));
    expect(error.code).toBe("CLUSTER_NOT_WHOLE");
    expect(error.message).toContain("node-3 does not answer");
  });

  it("while a service does not do its work, and says what it said", async () => {
    const found = changed("node-2", (answer) =>
      saying(answer, "probe glusterfs", "noise\n3 entries wait to be healed\n", 1),
    );
    expect((await refusalOf(() => planFor(found))).message).toContain(
      "glusterfs on node-2 does not do its work (3 entries wait to be healed)",
    );
  });

  it("while a machine is drained, and says by whom", async () => {
    const mark = JSON.stringify({
      machine: "node-2",
      owner: "bob@hall",
      reason: "",
      at: "",
      run: "",
      work: "drain",
    });
    const found = changed("node-2", (answer) => ({
      ...answer,
      stdout: answer.stdout.replace("|@drained\n", `|@drained\n|${mark}\n`),
    }));
    const error = await refusalOf(() => planFor(found));
    expect(error.message).toContain("node-2 is drained by bob@hall");
    expect(error.remedy).toContain("mbctl resume");
  });

  it("while a balancer was told that a machine is drained that is in service", async () => {
    const mark = serializeDrainMark(markOf({ machine: "node-3", owner: "bob@hall" })).trim();
    const found = changed("node-2", (answer) => ({
      ...answer,
      stdout: answer.stdout.replace("|@drains\n", `|@drains\n|node-3 ${mark}\n`),
    }));
    expect((await refusalOf(() => planFor(found))).message).toMatch(
      /everything is whole: node-2 was told that node-3 is drained by bob@hall, until mbctl undrain node-3$/,
    );
  });

  it("while somebody has taken a machine out of a balancer by hand, which it would give back", async () => {
    const found = changed("node-2", (answer) => ({
      ...answer,
      stdout: answer.stdout.replace("|smtp node-3 0\n", "|smtp node-3 8\n"),
    }));
    expect((await refusalOf(() => planFor(found))).message).toMatch(
      /everything is whole: on node-2 smtp\/node-3 was drained by hand$/,
    );
  });

  it("while not exactly one balancer bears the VIP", async () => {
    const none = wholeCluster({ ...LEADERS, vip: "nobody" });
    expect((await refusalOf(() => planFor(none))).message).toContain("no balancer bears the VIP");
  });

  it("a service that there is not, and what cannot be restarted", async () => {
    const error = await refusalOf(() => planFor(wholeCluster(), { services: ["haprox"] }));
    expect(error.code).toBe("SERVICE_UNKNOWN");
    expect(error.remedy).toBe("did you mean haproxy?");
    expect((await refusalOf(() => planFor(wholeCluster(), { services: ["nftables"] }))).code).toBe(
      "SERVICE_UNKNOWN",
    );
  });
});
