import { describe, expect, it } from "@jest/globals";
import { addMachine, planAdd } from "../../../../src/toolkit/runbooks/machines/add.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Topology } from "../../../../src/toolkit/topology/topology.ts";
import { saying } from "../rolling/whole-cluster.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { dryRun, refusalOf, RUN } from "../runbook-context.ts";
import { answersWithout, contextOf, five, grown, machine, prepare, stepsOf } from "./whole.ts";

const NEW = ["node-4", "node-5"];

const plan = (
  topology: Topology = five,
  machines: readonly string[] = NEW,
  answers: ReadonlyMap<string, Answer> = answersWithout(topology, machines),
) => planAdd(contextOf(topology), { machines: [...machines] }, answers, RUN, prepare);

describe("add machine", () => {
  it("drains first, makes them by an apply to all, proves each tier, and gives them clients last", async () => {
    const { phases } = await plan();
    const titles = phases.map(({ title }) => title);
    const at = (title: string) => {
      expect(titles).toContain(title);
      return titles.indexOf(title);
    };
    expect(titles[0]).toBe("keep the new machines out of service");
    const order = [
      "put files",
      "start galera",
      "form the database cluster",
      "begin the new caches as replicas",
      "start redis",
      "form the cache",
      "see that keepalived does its work",
      "count the members of the database cluster",
      "see that the Sentinels know all",
      "take the mark off node-4",
      "put node-4 back into every balancer",
      "take the mark off node-5",
    ];
    expect(order.map(at)).toEqual(order.map(at).toSorted((a, b) => a - b));
    expect(new Set(titles).size).toBe(titles.length);
  });

  it("sends exactly this besides the apply", async () => {
    const { phases } = await plan();
    const planned = phases.filter(({ machines }) => machines.length === 0);
    expect(await dryRun(planned)).toMatchSnapshot();
  });

  it("lets a new cache begin as a replica of the present master, not of the first machine", async () => {
    const { phases } = await plan();
    const begin = phases.find(({ title }) => title === "begin the new caches as replicas")!;
    const [steps] = begin.decide(new Map());
    expect(steps!.map(({ title, machine: on }) => [on, title])).toEqual([
      ["node-4", "follow the cache of node-3"],
      ["node-5", "follow the cache of node-3"],
    ]);
    expect(steps![0]!.commands[0]!.argv.slice(4)).toEqual([
      "/etc/redis/redis.conf",
      "/etc/redis/sentinel.conf",
      "mailbastion",
      "192.168.1.103",
      "6379",
    ]);
  });

  it("keeps a new balancer from the VIP until it is whole", async () => {
    const topology = grown(machine(4, ["balancer"]));
    const { phases } = await plan(topology, ["node-4"]);
    const [step] = stepsOf(phases[0]!);
    expect(step!.commands.map(({ argv }) => argv.at(-1))).toEqual([
      "/var/lib/mailbastion-drain/drained",
      "/var/lib/mailbastion-drain/vip",
    ]);
    expect(phases.map(({ title }) => title)).toContain("let node-4 bear the VIP again");
    expect(phases.map(({ title }) => title)).not.toContain("begin the new caches as replicas");
  });

  it("asks those that are there whether they are whole without the new ones", () => {
    const survey = addMachine.survey(contextOf(five), { machines: NEW });
    expect(survey.needsAll).toBe(true);
    const { argv, mutates } = survey.command("node-1");
    expect(argv.join(" ")).not.toContain("192.168.1.104");
    expect(mutates).toBe(false);
  });

  it("goes on with a machine that an earlier attempt has marked", async () => {
    const answers = answersWithout(five, NEW);
    const mark = JSON.stringify({ machine: "node-4", owner: "eve@desk", work: "maintenance" });
    const text = `@drained\n${mark}\n@member\n@cache\nrole:slave\n@master\n192.168.1.103\n@mailnode`;
    answers.set("node-4", saying(answers.get("node-4")!, "survey", text, 0));
    expect((await plan(five, NEW, answers)).phases.length).toBeGreaterThan(0);
  });

  it("refuses a machine with storage, as the volume lies on three", async () => {
    const topology = grown(machine(4, ["storage"]));
    expect(await refusalOf(() => plan(topology, ["node-4"]))).toMatchObject({
      code: "ADD_STORAGE",
      message: expect.stringContaining(
        "node-4 has the role storage, and the volume lies on three machines already",
      ),
    });
  });

  it("refuses more new voters than the others could outvote", async () => {
    const many = grown(...[4, 5, 6, 7].map((number) => machine(number, ["cache"])));
    const names = ["node-4", "node-5", "node-6", "node-7"];
    expect(await refusalOf(() => plan(many, names))).toMatchObject({
      code: "ADD_TOO_MANY",
      message:
        "of 7 machines with the role cache 4 would be new, and the 3 that are there would be no majority without them",
    });
  });

  it("refuses while another machine is not whole, such as a new one that was not named", async () => {
    const answers = answersWithout(five, ["node-4"]);
    answers.set("node-5", saying(answers.get("node-5")!, "probe galera", "no server", 1));
    expect(await refusalOf(() => plan(five, ["node-4"], answers))).toMatchObject({
      code: "CLUSTER_NOT_WHOLE",
      message:
        "taking a machine in begins only while everything is whole: galera on node-5 does not do its work (no server)",
    });
  });

  it("refuses a machine that does its work already", async () => {
    const answers = answersWithout(five, ["node-5"]);
    expect(await refusalOf(() => plan(five, NEW, answers))).toMatchObject({
      code: "MACHINE_IN_SERVICE",
      message: "node-4 is no new machine: it does its work as mail, database, cache already",
      remedy: "mbctl apply brings it to what the description says",
    });
  });
});

describe("add machine beside a witness", () => {
  const VOTING = ["mail", "database", "cache"] as const;
  const withMore = (...numbers: readonly number[]): Topology => ({
    ...twoAndAWitness,
    machines: [...twoAndAWitness.machines, ...numbers.map((number) => machine(number, VOTING))],
  });

  it("takes no single machine in: the witness would vote no longer", async () => {
    const refused = await refusalOf(() => plan(withMore(4), ["node-4"]));
    expect(refused.code).toBe("WITNESS_CHANGES");
    expect(refused.message).toContain("would no longer vote in mail, database, cache afterwards");
  });

  it("takes two in, whom the two that are there and the witness outvote", async () => {
    const { phases } = await plan(withMore(4, 5));
    const count = stepsOf(phases.find(({ title }) => title === "count the members of the database cluster")!);
    expect(count.map(({ verify }) => verify!.title)).toEqual(
      Array(4).fill("the database cluster has 5 members"),
    );
  });

  it("says when no client gets to the cache, as four caches want two replicas and two have one", async () => {
    const { notes } = await plan(withMore(4, 5));
    expect(notes).toContain(
      "no client gets to the cache from when the balancers have their new files until the new caches follow its master: of 4 caches a master needs 2 replicas, and until then it has 1",
    );
    expect(((await plan()).notes ?? []).join("\n")).not.toContain("cache");
  });
});
