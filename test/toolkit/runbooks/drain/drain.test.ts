import { describe, expect, it } from "@jest/globals";
import { drain } from "../../../../src/toolkit/runbooks/drain/drain.ts";
import { runPhases } from "../../../../src/toolkit/runner/run-phases.ts";
import { forgetfulKeeper } from "../../../../src/toolkit/runner/keeper.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import { Recorder } from "../../../../src/toolkit/runner/recorder.ts";
import type { Answer, Command } from "../../../../src/toolkit/steps/command.ts";
import type { Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { serializeDrainMark } from "../../../../src/contract/drain-mark.ts";
import type { ClusterPart } from "../../../../src/contract/cluster-status.ts";
import { doesNotLead } from "../../../../src/toolkit/services/mailnode/members.ts";
import { memberOf } from "../../services/mailnode/a-cluster.ts";
import { runOptions } from "../../runner/fixtures.ts";
import { dryRun, ok, refusalOf, RUN, runbookContext } from "../runbook-context.ts";
import { answersOf, AWAY, markOf, type Change } from "./answers.ts";

type Changes = Readonly<Record<string, Change | typeof AWAY>>;

async function planOf(
  args: Record<string, unknown>,
  changes: Changes = {},
  topology: Topology = threeMachines,
): Promise<Plan> {
  const parsed = drain.arguments.parse(args);
  return drain.plan(runbookContext(topology), parsed, answersOf(changes, topology), RUN);
}

/** "machine: title", without the phase that looks for the VIP at the end. */
function titles(plan: Plan): readonly string[] {
  return plan.phases
    .filter(({ machines }) => machines.length === 0)
    .flatMap((phase) => phase.decide(new Map()).flat())
    .map(({ machine, title }) => `${machine}: ${title}`);
}

/** The machine bears the VIP until its mark is put. */
function vipOf(machine: string) {
  return (asked: string, command: Command): Answer =>
    command.argv[0] === "ip" && asked === machine ? { ...ok, stdout: "2: eth0 inet 192.168.1.100/32" } : ok;
}

describe("drain", () => {
  it("sends exactly this for a machine that is everything and bears everything", async () => {
    const plan = await planOf({ machine: "node-1", reason: "a new disk" });
    expect(await dryRun(plan.phases, vipOf("node-1"))).toMatchSnapshot();
    expect(plan).toMatchObject({ notes: [], next: "mbctl undrain node-1" });
  });

  it("takes mail first and the VIP last, and proves each on every balancer", async () => {
    expect(titles(await planOf({ machine: "node-1" }))).toEqual([
      "node-1: send node-1 no new session",
      "node-2: send node-1 no new session",
      "node-1: let short sessions with node-1 end by themselves",
      "node-2: let short sessions with node-1 end by themselves",
      "node-1: keep Sentinel from making this cache the master",
      "node-2: make another cache than node-1 the master",
      "node-1: hand the mail nodes' leadership over",
      "node-1: put the mark",
      "node-1: see that database sessions go elsewhere",
      "node-2: see that database sessions go elsewhere",
      "node-1: end what is left of database sessions with node-1",
      "node-2: end what is left of database sessions with node-1",
      "node-1: see that cache sessions go elsewhere",
      "node-2: see that cache sessions go elsewhere",
      "node-1: end what is left of cache sessions with node-1",
      "node-2: end what is left of cache sessions with node-1",
      "node-1: wait until no session with node-1 is left",
      "node-2: wait until no session with node-1 is left",
      "node-1: hold new clients back until the VIP is elsewhere",
    ]);
  });

  it("lets another mail node lead, unless it does already, before the VIP moves", async () => {
    const plan = await planOf({ machine: "node-1" });
    const phase = plan.phases.find(
      ({ title }) => title === "let another mail node than that of node-1 lead",
    )!;
    const [step] = phase.decide(new Map()).flat();
    expect(step!.commands.map(({ argv }) => argv.slice(1))).toEqual([["ctl", "transfer"]]);
    expect(step!.unless).toEqual(doesNotLead("node-1"));
    expect(step!.undo).toBeUndefined();
  });

  it.each([
    ["nobody leads", { leader: null }],
    ["it is a witness, which never leads", { standing: "witness" }],
    ["no other member is alive", { members: [memberOf("node-1"), { ...memberOf("node-2"), seems: "dead" }] }],
  ] as const)("leaves the mail nodes' leadership alone where %s", async (_why, part) => {
    const cluster = part as Partial<ClusterPart>;
    const changes = { "node-1": { cluster }, "node-2": { cluster }, "node-3": { cluster } };
    const plan = await planOf({ machine: "node-1", force: true }, changes);
    expect(titles(plan).join("\n")).not.toContain("leadership");
  });

  it("has no step about the VIP for a machine that is no balancer", async () => {
    expect(titles(await planOf({ machine: "node-3" })).join("\n")).not.toContain("VIP");
  });

  it("does for a machine with one role only what that role needs", async () => {
    const alone: Topology = {
      ...threeMachines,
      machines: [
        ...threeMachines.machines,
        { ...threeMachines.machines[2]!, name: "db-4", roles: ["database"] },
      ],
    };
    expect(titles(await planOf({ machine: "db-4" }, {}, alone))).toEqual([
      "db-4: put the mark",
      "node-1: see that database sessions go elsewhere",
      "node-2: see that database sessions go elsewhere",
      "node-1: end what is left of database sessions with db-4",
      "node-2: end what is left of database sessions with db-4",
    ]);
  });

  it("writes the same owner, reason and time into every mark, and into no argument", async () => {
    const plan = await planOf({ machine: "node-1", reason: "a 'new' $(disk)" });
    const commands = plan.phases
      .filter(({ machines }) => machines.length === 0)
      .flatMap((phase) => phase.decide(new Map()).flat())
      .flatMap((step) => step.commands);
    const marks = commands.flatMap(({ stdin }) => (typeof stdin === "string" ? [stdin] : []));
    expect(new Set(marks).size).toBe(1);
    expect(marks).toHaveLength(4);
    expect(JSON.parse(marks[0]!)).toEqual({
      machine: "node-1",
      owner: "eve@desk",
      reason: "a 'new' $(disk)",
      at: "2026-11-22T18:00:00.000Z",
      run: "20261122-1800-abcd",
      work: "drain",
    });
    expect(JSON.stringify(commands.map(({ argv }) => argv))).not.toContain("$(disk)");
  });

  it("plans the same again from the same answers, for a run that is resumed", async () => {
    const text = async () => dryRun((await planOf({ machine: "node-1" })).phases, vipOf("node-1"));
    expect(await text()).toBe(await text());
  });

  it("waits for sessions as long as it is told, and then fails, or ends them where it may", async () => {
    const waits = (plan: Plan) =>
      plan.phases
        .find(({ title }) => title.startsWith("wait for the mail"))!
        .decide(new Map())
        .flat();
    expect(waits(await planOf({ machine: "node-3" }))[0]!.verify!.timeoutMs).toBe(15 * 60_000);
    const patient = waits(await planOf({ machine: "node-3", timeoutMs: 60_000 }))[0]!;
    expect(patient).toMatchObject({ commands: [], verify: { timeoutMs: 60_000 } });
    const [ending] = waits(await planOf({ machine: "node-3", timeoutMs: 60_000, endSessions: true }));
    expect(ending!.commands.map(({ mutates }) => mutates)).toEqual([false, true]);
    expect(ending!.commands[0]!.argv.at(-1)).toBe("60");
  });

  it("leaves a balancer out that is away, and says how that one will follow", async () => {
    const plan = await planOf({ machine: "node-3" }, { "node-2": AWAY, "node-1": {} }).catch((e: Error) => e);
    // Without node-2 the rest would have no majority.
    expect(plan).toMatchObject({ code: "DRAIN_QUORUM" });
    const four = withFourth();
    const found = await planOf({ machine: "node-3" }, { "lb-4": AWAY }, four);
    expect(found.notes).toEqual([
      "lb-4 cannot be reached: it follows by itself when it returns, as the mail node of node-3 sends new sessions away",
    ]);
    expect(titles(found).filter((title) => title.startsWith("lb-4"))).toEqual([]);
  });

  it("tells a balancer whose HAProxy is down by its mark, and waits for nothing there", async () => {
    const found = await planOf({ machine: "node-3" }, { "lb-4": { isHaproxyDown: true } }, withFourth());
    expect(titles(found).filter((title) => title.startsWith("lb-4"))).toEqual([
      "lb-4: send node-3 no new session",
    ]);
  });

  it("goes without what does not answer on the machine, and says so", async () => {
    const found = await planOf(
      { machine: "node-3" },
      { "node-3": { cache: "down", mailNode: "down", member: "down" } },
    );
    expect(found.notes).toEqual([
      "the cache of node-3 does not answer, so it is not told anything",
      "the mail node of node-3 does not answer",
      "the database of node-3 is not in service",
    ]);
    expect(titles(found).join("\n")).not.toContain("Sentinel");
    const mark = found.phases
      .find(({ title }) => title === "mark node-3 as drained")!
      .decide(new Map())[0]![0]!;
    expect(mark.verify).toBeUndefined();
  });

  it("ends with the VIP on exactly one other balancer, or has failed", async () => {
    const look = (await planOf({ machine: "node-1" })).phases.at(-1)!;
    const here = { ...ok, stdout: "2: eth0 inet 192.168.1.100/32\n" };
    const holders = (names: readonly string[]) =>
      new Map(["node-1", "node-2"].map((name) => [name, names.includes(name) ? here : ok]));
    expect(look.decide(holders(["node-2"]))).toEqual([]);
    expect(() => look.decide(holders([]))).toThrow("is on none");
    expect(() => look.decide(holders(["node-1"]))).toThrow("is on node-1");
    expect(() => look.decide(holders(["node-1", "node-2"]))).toThrow("is on node-1 and node-2");
  });

  it.each([{ timeoutMs: 2500 }, { handoverMs: 500 }])(
    "refuses a time that the machines' shells cannot count: %j",
    (time) => {
      expect(drain.arguments.safeParse({ machine: "node-1", ...time })).toMatchObject({
        success: false,
        error: { issues: [{ message: "must be whole seconds, in milliseconds" }] },
      });
    },
  );

  it("puts the machine back when sessions do not end in time: everything that it did, last first", async () => {
    const plan = await planOf({ machine: "node-1", timeoutMs: 5000 });
    const { run, sent } = failing(plan, (command) =>
      command.argv[2]!.includes("sessions left:") ? { ...ok, code: 1, stderr: "sessions left: smtp 1" } : ok,
    );
    await expect(run).rejects.toMatchObject({
      code: "GATE_TIMEOUT",
      message: expect.stringMatching(
        /sessions left: smtp 1[\s\S]*"drain node-1" had done until then was taken back/,
      ),
    });
    const begin = sent.indexOf("node-1 remove /var/lib/mailbastion-drain/drained");
    expect(sent.slice(begin)).toEqual([
      "node-1 remove /var/lib/mailbastion-drain/drained",
      "node-1 set replica-priority 100",
      expect.stringMatching(/^node-[12] remove \/var\/lib\/mailbastion-drain\/balancer\/node-1$/),
      expect.stringMatching(/^node-[12] ready$/),
      expect.stringMatching(/^node-[12] ready, saved$/),
      expect.stringMatching(/^node-[12] remove \/var\/lib\/mailbastion-drain\/balancer\/node-1$/),
      expect.stringMatching(/^node-[12] ready$/),
      expect.stringMatching(/^node-[12] ready, saved$/),
    ]);
  });

  describe("of a machine that was drained already", () => {
    const mark = markOf({ machine: "node-1", owner: "ada@desk", reason: "a bad disk", work: "maintenance" });
    const drained: Changes = {
      "node-1": { mark, hasVipMark: true, bearsVip: false, drains: { "node-1": mark } },
      // It was away, and has returned without the mark.
      "node-2": { bearsVip: true },
    };

    it.each([
      ["sessions do not end", "sessions left:"],
      ["the VIP is borne by nobody", "is still here"],
    ])("leaves it as it was when %s: by the earlier mark, which is not this run's", async (_when, words) => {
      const plan = await planOf({ machine: "node-1", timeoutMs: 5000, force: true }, drained);
      expect(plan.notes).toContain(
        "node-1 is drained already, by ada@desk on 2026-11-22T18:00:00.000Z (a bad disk): if this fails, it stays so",
      );
      const { run, marks, sent } = failing(plan, (command) =>
        command.argv[2]!.includes(words) ? { ...ok, code: 1 } : ok,
      );
      await expect(run).rejects.toMatchObject({ code: "GATE_TIMEOUT" });
      const [own, first, second, ...more] = marks.slice(-3);
      expect([own!.path, own!.text, more]).toEqual([
        "node-1 /var/lib/mailbastion-drain/drained",
        serializeDrainMark(mark),
        [],
      ]);
      expect([first, second].toSorted((a, b) => a!.path.localeCompare(b!.path))).toEqual([
        { path: "node-1 /var/lib/mailbastion-drain/balancer/node-1", text: serializeDrainMark(mark) },
        { path: "node-2 /var/lib/mailbastion-drain/balancer/node-1", text: serializeDrainMark(mark) },
      ]);
      expect(sent.join("\n")).not.toMatch(/remove|ready|replica-priority 100/);
    });

    it("gives the VIP back where it went by this drain only", async () => {
      const bearing = { ...drained, "node-1": { mark, drains: { "node-1": mark } }, "node-2": {} };
      const plan = await planOf({ machine: "node-1", force: true }, bearing);
      const { run, sent } = failing(plan, (command) =>
        command.argv[2]!.includes("is still here") ? { ...ok, code: 1 } : ok,
      );
      await expect(run).rejects.toMatchObject({ code: "GATE_TIMEOUT" });
      expect(sent.filter((line) => line.includes("remove"))).toEqual([
        "node-1 remove /var/lib/mailbastion-drain/vip",
      ]);
    });
  });
});

/** Runs the plan on machines that answer so; keeps what changes them, and every mark that is put, in order. */
function failing({ phases }: Plan, answer: (command: Command) => Answer) {
  const sent: string[] = [];
  const marks: { readonly path: string; readonly text: string }[] = [];
  const transport = {
    run: (machine: string, command: Command) => {
      if (command.mutates) sent.push(`${machine} ${verb(command)}`);
      if (command.argv[2]!.endsWith('put_mark "$1"'))
        marks.push({ path: `${machine} ${command.argv[4]}`, text: command.stdin as string });
      return Promise.resolve(answer(command));
    },
    close: () => Promise.resolve(),
  };
  const recorder = new Recorder();
  const run = runPhases(phases, runOptions({ transport, recorder, keeper: forgetfulKeeper() }));
  return { run, sent, marks };
}

/** A word for what the undo commands do. */
function verb({ argv }: Command): string {
  const text = argv[2]!;
  if (text.includes("rm -f")) return `remove ${argv[4]}`;
  if (text.includes("server-state-")) return "ready, saved";
  if (argv.includes("replica-priority")) return `set replica-priority ${argv.at(-1)}`;
  return text.includes("state ready") ? "ready" : "other";
}

function withFourth(): Topology {
  const [first] = threeMachines.machines;
  return {
    ...threeMachines,
    machines: [
      ...threeMachines.machines,
      { ...first!, name: "lb-4", address: "192.168.1.104", roles: ["balancer"] },
    ],
  };
}

describe("drain beside a witness", () => {
  const planWith = (machine: string, changes: Changes = {}) => planOf({ machine }, changes, twoAndAWitness);

  it("takes one of two full machines out, as the other one and the witness are a majority", async () => {
    const steps = titles(await planWith("node-1"));
    // The Sentinel that moves the master is that of a machine with a cache: a witness cannot tell caches anything.
    expect(steps).toContain("node-2: make another cache than node-1 the master");
    expect(steps).toContain("node-1: hand the mail nodes' leadership over");
  });

  it("moves nothing away from the witness: it has nothing but votes", async () => {
    expect(titles(await planWith("node-3"))).toEqual(["node-3: put the mark"]);
  });

  it.each([
    ["node-1", { "node-3": { votes: false } }, "of 3 database members only node-2 would be left in service"],
    ["node-1", { "node-3": AWAY }, "of 3 database members only node-2 would be left in service"],
    [
      "node-1",
      { "node-2": { member: "Joining" } },
      "of 3 database members only node-3 would be left in service",
    ],
    [
      "node-3",
      { "node-2": { member: "down" } },
      "of 3 database members only node-1 would be left in service",
    ],
    ["node-1", { "node-3": { hasQuorum: false } }, "only node-2 of 3 Sentinels would be left"],
    [
      "node-3",
      { "node-2": { cluster: "none" } },
      "of 3 members of the mail nodes' cluster only node-1 would be left",
    ],
    [
      "node-1",
      { "node-2": { cache: "syncing" } },
      "would be left of the caches in sync, and one must be the master",
    ],
  ] as const)("refuses %s where the rest would lose a quorum (%j)", async (machine, changes, sentence) => {
    expect((await refusalOf(() => planWith(machine, changes))).message).toContain(sentence);
  });
});
