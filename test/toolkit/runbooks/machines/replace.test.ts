import { describe, expect, it } from "@jest/globals";
import { planReplace, replaceMachine } from "../../../../src/toolkit/runbooks/machines/replace.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import type { Answer, Command } from "../../../../src/toolkit/steps/command.ts";
import { machineNamed, type Machine, type Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { ADDRESSES, healSummary, volumeStatus } from "../../services/glusterfs/recorded.ts";
import { printing, runWith } from "../../services/shell.ts";
import { part, saying, wholeCluster, type Leaders } from "../rolling/whole-cluster.ts";
import { dryRun, refusalOf, RUN } from "../runbook-context.ts";
import { answersWithout, blank, contextOf, facts, machine, prepare, stepsOf } from "./whole.ts";

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
  it("gives the pool's id back before the daemon starts, begins the brick before the volume is formed, heals before the storage must be whole", async () => {
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
      "bring all files to node-2",
      "see that glusterfs does its work",
      "count the members of the database cluster",
      "let the Sentinels forget what is no more",
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

  it("asks the storage machines that are left as two of three: for the lost brick there is all to heal", () => {
    const survey = replaceMachine.survey(contextOf(threeMachines), { machine: "node-2" });
    const [first, , third] = ADDRESSES;
    const summary = healSummary(100).replace(
      /(Brick 192\.168\.1\.102.*\n)Status: Connected\nTotal Number of entries: 0/,
      "$1Status: Transport endpoint is not connected\nTotal Number of entries: -",
    );
    expect(summary).toContain("entries: -");
    const gluster = (bricks: Readonly<Record<string, 0 | 1>>) =>
      `case "$*" in *heal*) ${printing(summary)} ;; *) ${printing(volumeStatus(bricks))} ;; esac`;
    const codeOf = (bricks: Readonly<Record<string, 0 | 1>>) =>
      runWith(question(survey.command("node-1"), "probe glusterfs"), {
        programs: { gluster: gluster(bricks) },
      }).code;
    expect(codeOf({ [first]: 1, [third]: 1 })).toBe(0);
    expect(codeOf({ [third]: 1 })).toBe(1);
  });
});

describe("replace machine beside a witness", () => {
  const probesOf = (topology: Topology, lost: string, name: string) =>
    replaceMachine
      .survey(contextOf(topology), { machine: lost })
      .command(name)
      .argv.filter((word) => word.startsWith("probe "));
  /** What the others say where all does its work; a service that a machine is asked for and has not fails. */
  const answersBeside = (topology: Topology, lost: Machine, leaders: Leaders) => {
    const answers = wholeCluster(leaders, topology, (name) => {
      const has = services.filter((one) => one.runsOn(topology, machineNamed(topology, name)));
      const asked = probesOf(topology, lost.name, name).filter(
        (probe) => !has.some((service) => probe === `probe ${service.name}`),
      );
      const own = [part("facts", facts(machineNamed(topology, name))), part("pool", pool(name))];
      return [...own, ...asked.map((probe) => part(probe, "it is not here", 1))].join("");
    });
    return answers.set(lost.name, blank(lost, part("held", "")));
  };
  const replacing = (topology: Topology, lost: string, answers: ReadonlyMap<string, Answer>) =>
    planReplace(contextOf(topology), { machine: lost }, answers, RUN, prepare);

  /** Database and cache on three machines and mail on two: the witness votes for mail alone. */
  const threeDatabases: Topology = {
    ...twoAndAWitness,
    machines: [
      ...twoAndAWitness.machines.map((one) => ({
        ...one,
        roles: one.roles.filter((role) => role !== "database" && role !== "cache"),
      })),
      ...[4, 5, 6].map((number) => machine(number, ["database", "cache"])),
    ],
  };

  it("begins where the lost machine's tier has an odd number of machines, in which the witness has no vote", async () => {
    const leaders = { vip: "node-1", writer: "node-5", master: "node-6" };
    const lost = machineNamed(threeDatabases, "node-4");
    const answers = answersBeside(threeDatabases, lost, leaders);
    const { phases } = await replacing(threeDatabases, lost.name, answers);
    expect(phases.length).toBeGreaterThan(0);
    expect(probesOf(threeDatabases, lost.name, "node-3")).toEqual([
      "probe kernel",
      "probe nftables",
      "probe glusterfs",
      "probe mailnode",
    ]);
  });

  it("refuses while the witness does not do its work: one machine alone is left beside it", async () => {
    const leaders = { vip: "node-1", writer: "node-1", master: "node-1" };
    const lost = machineNamed(twoAndAWitness, "node-2");
    const answers = answersBeside(twoAndAWitness, lost, leaders);
    expect((await replacing(twoAndAWitness, lost.name, answers)).phases.length).toBeGreaterThan(0);
    expect(probesOf(twoAndAWitness, lost.name, "node-3")).toEqual(
      expect.arrayContaining(["probe arbitrator", "probe sentinel", "probe mailnode", "probe glusterfs"]),
    );
    answers.set("node-3", saying(answers.get("node-3")!, "probe arbitrator", "it has no vote", 1));
    const refused = await refusalOf(() => replacing(twoAndAWitness, lost.name, answers));
    expect(refused.message).toContain("arbitrator on node-3 does not do its work (it has no vote)");
  });
});

/** One of the questions that are put as one command. */
function question({ argv }: Command, name: string): readonly string[] {
  const at = argv.indexOf(name);
  return argv.slice(at + 2, at + 2 + Number(argv[at + 1]));
}
