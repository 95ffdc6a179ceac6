import { describe, expect, it } from "@jest/globals";
import { planReplace, replaceMachine } from "../../../../src/toolkit/runbooks/machines/replace.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { part, saying } from "../rolling/whole-cluster.ts";
import { dryRun, refusalOf, RUN } from "../runbook-context.ts";
import { answersWithout, contextOf, prepare, stepsOf } from "./whole.ts";

const IDS = { "node-1": "1111", "node-2": "2222", "node-3": "3333" } as const;

/** /var/lib/glusterd of a machine, the files in the order of their names. */
function pool(name: string): string {
  const peers = threeMachines.machines.filter((one) => one.name !== name);
  return [
    `file /var/lib/glusterd/glusterd.info\nUUID=${IDS[name as "node-1"]}\noperating-version=110000`,
    ...peers.map(
      (one) =>
        `file /var/lib/glusterd/peers/x\nuuid=${IDS[one.name as "node-1"]}\nstate=3\nhostname1=${one.name}.lan\nhostname2=${one.address}`,
    ),
  ].join("\n");
}

const whole = (held = "") =>
  answersWithout(threeMachines, ["node-2"], (name) => part("pool", pool(name)), part("held", held));

const plan = (answers: ReadonlyMap<string, Answer> = whole()) =>
  planReplace(contextOf(threeMachines), { machine: "node-2" }, answers, RUN, prepare);

describe("replace machine", () => {
  it("gives the pool's id back before the daemon starts, begins the brick before the volume is formed, heals at the end", async () => {
    const { phases } = await plan();
    const titles = phases.map(({ title }) => title);
    const order = [
      "keep the new machines out of service",
      "give node-2 back its place in the storage pool",
      "put files",
      "start glusterfs",
      "join the storage pool",
      "begin the brick of node-2 again",
      "form the storage volume",
      "form the database cluster",
      "begin the new caches as replicas",
      "make the Sentinels agree",
      "count the members of the database cluster",
      "let the Sentinels forget what is no more",
      "bring all files to node-2",
      "take the mark off node-2",
    ];
    for (const title of order) expect(titles).toContain(title);
    const places = order.map((title) => titles.indexOf(title));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it("sends exactly this besides the apply", async () => {
    const { phases } = await plan();
    expect(await dryRun(phases.filter(({ machines }) => machines.length === 0))).toMatchSnapshot();
  });

  it("writes the ids that the pool knows, by address, whatever name comes first", async () => {
    const { phases } = await plan();
    const identity = phases.find(({ title }) => title.startsWith("give node-2"))!;
    // The daemon must find the folder when it reads the volume.
    const [folder, step] = stepsOf(identity);
    expect(folder!.title).toBe("make the brick's folder");
    expect(step!.commands[0]!.argv.slice(4)).toEqual([
      "glusterd.service",
      "110000",
      "2222",
      "192.168.1.101",
      "1111",
      "192.168.1.103",
      "3333",
    ]);
  });

  it("restarts the daemon between the pool's news of the volume and the brick, which it would not know for its own", async () => {
    const { phases } = await plan();
    const brick = phases.find(({ title }) => title === "begin the brick of node-2 again")!;
    expect(
      stepsOf(brick).map(({ machine, commands, verify }) => [
        machine,
        commands.map(({ argv }) => argv.slice(0, 2)),
        verify?.title,
      ]),
    ).toEqual([
      ["node-2", [], "it knows the volume mail"],
      ["node-2", [["systemctl", "restart"]], "it sees 2 others of its pool"],
      ["node-1", [], "node-2 is connected"],
      ["node-3", [], "node-2 is connected"],
      ["node-1", [["sh", "-euc"]], "the bricks of node-2 are online"],
    ]);
  });

  it("begins the brick only when the others are connected with the machine again: it was refused before", async () => {
    const { phases } = await plan();
    const brick = phases.find(({ title }) => title === "begin the brick of node-2 again")!;
    const stages = brick.decide(new Map()).map((stage) => stage.map(({ title }) => title));
    expect(stages.slice(-2)).toEqual([
      ["wait for node-2 in the storage pool", "wait for node-2 in the storage pool"],
      ["begin the brick of node-2 again, empty"],
    ]);
  });

  it("lets the Sentinels of the others forget the old one, not its own", async () => {
    const { phases } = await plan();
    const forget = phases.find(({ title }) => title === "let the Sentinels forget what is no more")!;
    expect(
      forget
        .decide(new Map())
        .flat()
        .map((step) => step.machine),
    ).toEqual(["node-1", "node-3"]);
  });

  it("says that the queue is lost before it asks", async () => {
    const { notes } = await plan();
    expect(notes).toContain("mail that waited in the queue of node-2 when it was lost is lost with it");
  });

  it("refuses a machine that holds something", async () => {
    const held = "/var/lib/mailbastion/queue\n/var/lib/mysql/grastate.dat\n";
    expect(await refusalOf(() => plan(whole(held)))).toMatchObject({
      code: "REPLACE_NOT_BLANK",
      message: "node-2 is not blank: it holds /var/lib/mailbastion/queue, /var/lib/mysql/grastate.dat",
    });
  });

  it("refuses while the others are not whole, who have the only copies", async () => {
    const answers = whole();
    answers.set("node-1", saying(answers.get("node-1")!, "probe glusterfs", "the brick is not online", 1));
    expect((await refusalOf(() => plan(answers))).code).toBe("CLUSTER_NOT_WHOLE");
  });

  it("refuses when the pool does not know the machine", async () => {
    const answers = whole();
    answers.set("node-1", saying(answers.get("node-1")!, "pool", pool("node-1").replaceAll("102", "109"), 0));
    expect(await refusalOf(() => plan(answers))).toMatchObject({
      code: "STORAGE_IDENTITY",
      message: expect.stringContaining("does not tell by which id it knows node-2"),
    });
  });

  it("asks what the machine holds, and the others for the pool", () => {
    const survey = replaceMachine.survey(contextOf(threeMachines), { machine: "node-2" });
    expect(survey.command("node-2").argv).toContain("/var/lib/mailbastion/queue");
    expect(survey.command("node-3").argv).toContain("pool");
  });
});
