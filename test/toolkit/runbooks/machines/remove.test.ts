import { describe, expect, it } from "@jest/globals";
import { removeMachine } from "../../../../src/toolkit/runbooks/machines/remove.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { LEADERS, saying, wholeCluster } from "../rolling/whole-cluster.ts";
import { dryRun, refusalOf, RUN, runbookContext } from "../runbook-context.ts";
import { five, grown, machine, stepsOf } from "./whole.ts";

const plan = async (
  topology: Topology,
  machines: readonly string[],
  answers: ReadonlyMap<string, Answer> = wholeCluster(LEADERS, topology),
  more: object = {},
) => {
  const args = removeMachine.arguments.parse({ machines, ...more });
  return removeMachine.plan(runbookContext(topology), args, answers, RUN);
};

const away = (topology: Topology, ...names: readonly string[]) =>
  new Map([...wholeCluster(LEADERS, topology)].filter(([name]) => !names.includes(name)));

describe("remove machine", () => {
  it("sends exactly this for two of five", async () => {
    const { phases, notes, next } = await plan(five, ["node-4", "node-5"]);
    expect(await dryRun(phases)).toMatchSnapshot();
    expect(notes).toContain(
      "afterwards take node-4 and node-5 out of the description and type mbctl apply, so that the others' files follow",
    );
    expect(next).toBe("mbctl apply");
    const titles = phases.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it("drains, stops and disables each before the next, and lets the Sentinels forget one by one at the end", async () => {
    const { phases } = await plan(five, ["node-4", "node-5"]);
    const titles = phases.map(({ title }) => title);
    expect(titles.indexOf("keep the services of node-4 from starting again")).toBeLessThan(
      titles.indexOf("take node-5 out of every balancer"),
    );
    const forget = phases.find(({ title }) => title === "let the Sentinels forget what is no more")!;
    expect(forget.decide(new Map()).map((stage) => stage.map((step) => step.machine))).toEqual([
      ["node-1"],
      ["node-2"],
      ["node-3"],
    ]);
    const [step] = stepsOf(forget);
    expect(step!.commands[0]!.argv.at(-1)).toBe("2");
  });

  it("takes each out of the mail nodes' cluster while all others are there, by the word of one that stays", async () => {
    const { phases } = await plan(five, ["node-4", "node-5"]);
    const titles = phases.map(({ title }) => title);
    const out = phases.filter(({ title }) => /^take the mail node of/.test(title));
    expect(out.map(({ title }) => title)).toEqual([
      "take the mail node of node-4 out of the cluster",
      "take the mail node of node-5 out of the cluster",
    ]);
    expect(titles.indexOf(out[0]!.title)).toBeLessThan(titles.indexOf("stop mailnode on node-4"));
    expect(titles.indexOf(out[0]!.title)).toBeGreaterThan(
      titles.indexOf("let another mail node than that of node-4 lead"),
    );
    const [step] = stepsOf(out[1]!);
    expect(step!.machine).toBe("node-1");
    expect(step!.commands[0]!.argv.slice(-2)).toEqual(["remove", "aa05"]);
    expect(step!.unless).toEqual(step!.verify!.command);
  });

  it("takes one out of the mail nodes' cluster that is gone", async () => {
    const { phases } = await plan(five, ["node-4", "node-5"], away(five, "node-5"), { gone: true });
    const out = phases.find(({ title }) => title === "take the mail node of node-5 out of the cluster")!;
    expect(stepsOf(out).map(({ machine }) => machine)).toEqual(["node-1"]);
  });

  it("tells a machine nothing that is gone, and keeps sessions from it should it come back", async () => {
    const answers = away(five, "node-5");
    const { phases, notes } = await plan(five, ["node-4", "node-5"], answers, { gone: true });
    expect(phases[0]!.title).toBe("keep node-5 out of every balancer");
    const touched = phases.flatMap((phase) =>
      phase
        .decide(new Map())
        .flat()
        .map((step) => step.machine),
    );
    expect(touched).not.toContain("node-5");
    expect(touched).toContain("node-4");
    expect(notes).toContain("mail that waits in the queue of node-5 is lost with it");
  });

  it.each([
    ["balancer", "balancer"],
    ["cache", "cache"],
  ] as const)(
    "tells the balancers nothing of a %s that is gone, as they have no server of it",
    async (_what, role) => {
      const topology = grown(machine(4, [role]), machine(5, [role]));
      const { phases } = await plan(topology, ["node-4", "node-5"], away(topology, "node-4", "node-5"), {
        gone: true,
      });
      const argv = phases
        .flatMap(stepsOf)
        .flatMap(({ commands }) => commands.flatMap((command) => command.argv));
      expect(argv.join("\n")).not.toContain("state drain");
      expect(phases.map(({ title }) => title).join("\n")).not.toContain("out of every balancer");
    },
  );

  it("keeps sessions only from those that are gone and had any", async () => {
    const topology = grown(machine(4, ["mail"]), machine(5, ["mail"]), machine(6, ["balancer"]));
    const names = ["node-4", "node-5", "node-6"];
    const { phases } = await plan(topology, names, away(topology, ...names), { gone: true });
    expect(phases[0]!.title).toBe("keep node-4 and node-5 out of every balancer");
  });

  it("takes four of seven out: those that left before have no vote among the mail nodes any more", async () => {
    const seven = grown(...[4, 5, 6, 7].map((number) => machine(number, ["mail"])));
    const names = ["node-4", "node-5", "node-6", "node-7"];
    const { phases } = await plan(seven, names);
    expect(phases.map(({ title }) => title)).toEqual(
      expect.arrayContaining(names.map((name) => `take the mail node of ${name} out of the cluster`)),
    );
  });

  it("still refuses where a majority of the mail nodes would not be left: others' votes count, of whatever machine", async () => {
    const answers = wholeCluster(
      LEADERS,
      grown(...[4, 5, 6, 7, 8, 9].map((number) => machine(number, ["mail"]))),
    );
    const known = new Map([...answers].filter(([name]) => five.machines.some((one) => one.name === name)));
    expect(await refusalOf(() => plan(five, ["node-4", "node-5"], known))).toMatchObject({
      code: "DRAIN_QUORUM",
      message: expect.stringContaining("of 9 members of the mail nodes' cluster"),
      // This command has no --force.
      remedy: "let mbctl status say what is wrong and mend it first",
    });
  });

  it("says when the cache takes no writes, only where fewer replicas are left than a master was told to need", async () => {
    const seven = grown(...[4, 5, 6, 7].map((number) => machine(number, ["cache"])));
    const four = await plan(seven, ["node-4", "node-5", "node-6", "node-7"]);
    expect(four.notes).toContain(
      "the cache takes no writes, and no client gets to it, from when node-7 is stopped until mbctl apply has run with the description that is left: before that of 7 caches a master needs 3 replicas",
    );
    expect(((await plan(five, ["node-4", "node-5"])).notes ?? []).join("\n")).not.toContain("cache");
  });

  it("refuses a machine that does not answer, without --gone", async () => {
    const refusal = await refusalOf(() => plan(five, ["node-4", "node-5"], away(five, "node-5")));
    expect(refusal).toMatchObject({
      code: "REMOVE_UNREACHABLE",
      message: "node-5 does not answer, so it cannot be drained",
    });
  });

  it("refuses a copy of the storage", async () => {
    const refusal = await refusalOf(() => plan(threeMachines, ["node-3"]));
    expect(refusal.code).toBe("REMOVE_STORAGE");
    expect(refusal.message).toContain("node-3 holds one of the three bricks of the volume");
  });

  it("refuses to leave an even number of voters", async () => {
    expect(await refusalOf(() => plan(five, ["node-5"]))).toMatchObject({
      code: "REMOVE_VOTERS",
      message:
        "4 machines with the role mail would be left, and a majority that outlives a machine needs an odd number, 3 or more",
    });
  });

  it("refuses to leave no balancer", async () => {
    const roles = ["mail", "database", "cache", "storage"] as const;
    const topology = {
      ...threeMachines,
      machines: [...threeMachines.machines.map((one) => ({ ...one, roles })), machine(4, ["balancer"])],
    };
    expect((await refusalOf(() => plan(topology, ["node-4"]))).message).toBe(
      "no machine with the role balancer would be left",
    );
  });

  it("refuses while one of those that stay is not whole", async () => {
    const answers = wholeCluster(LEADERS, five);
    answers.set("node-2", saying(answers.get("node-2")!, "probe galera", "no server", 1));
    expect(await refusalOf(() => plan(five, ["node-4", "node-5"], answers))).toMatchObject({
      code: "CLUSTER_NOT_WHOLE",
    });
  });

  it("removes a balancer that bears the VIP: the others must only be whole otherwise", async () => {
    const topology = grown(machine(4, ["balancer"]));
    const answers = wholeCluster({ ...LEADERS, vip: "node-4" }, topology);
    const { phases } = await plan(topology, ["node-4"], answers);
    expect(phases.map(({ title }) => title)).toContain("hand the VIP over from node-4");
  });
});

describe("remove machine beside a witness", () => {
  /** node-3 has no cache. */
  const ITS_LEADERS = { ...LEADERS, master: "node-2" };
  const fourAndAWitness: Topology = {
    ...twoAndAWitness,
    machines: [
      ...twoAndAWitness.machines,
      ...[4, 5].map((number) => machine(number, ["mail", "database", "cache"])),
    ],
  };

  it("takes two of four out, counting the witness's vote among the mail nodes", async () => {
    const { phases, notes } = await plan(
      fourAndAWitness,
      ["node-4", "node-5"],
      wholeCluster(ITS_LEADERS, fourAndAWitness),
    );
    const titles = phases.map(({ title }) => title);
    expect(titles).toContain("take the mail node of node-4 out of the cluster");
    expect(titles).toContain("take the mail node of node-5 out of the cluster");
    expect(notes).toContainEqual(
      expect.stringContaining("from when node-5 is stopped until mbctl apply has run"),
    );
  });

  it("keeps the witness that two machines need", async () => {
    const refused = await refusalOf(() => plan(twoAndAWitness, ["node-3"]));
    expect(refused.code).toBe("REMOVE_STORAGE");
  });

  it("takes no single machine out of an even number, as the witness would vote no longer", async () => {
    const refused = await refusalOf(() => plan(fourAndAWitness, ["node-5"]));
    expect(refused).toMatchObject({ code: "WITNESS_CHANGES" });
    expect(refused.message).toContain(
      "node-3 is the witness, and would no longer vote in mail, database, cache",
    );
  });
});
