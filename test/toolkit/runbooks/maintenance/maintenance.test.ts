import { describe, expect, it } from "@jest/globals";
import { drain } from "../../../../src/toolkit/runbooks/drain/drain.ts";
import { maintenanceEnter } from "../../../../src/toolkit/runbooks/maintenance/enter.ts";
import { maintenanceExit } from "../../../../src/toolkit/runbooks/maintenance/exit.ts";
import { stopServer } from "../../../../src/toolkit/services/galera/stop.ts";
import { mayBearVip } from "../../../../src/toolkit/services/keepalived/handover.ts";
import { cacheAnswers } from "../../../../src/toolkit/services/redis/backup.ts";
import { beEligible, isEligible } from "../../../../src/toolkit/services/redis/drain.ts";
import { cacheProbe } from "../../../../src/toolkit/services/redis/probe.ts";
import { act } from "../../../../src/toolkit/steps/command.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import { answersOf, AWAY, markOf, type Change } from "../drain/answers.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { runWith } from "../../services/shell.ts";
import { dryRun, refusalOf, RUN, runbookContext } from "../runbook-context.ts";

type Changes = Readonly<Record<string, Change | typeof AWAY>>;

const WHOLE: Changes = {
  "node-1": { storage: "ok" },
  "node-2": { storage: "ok" },
  "node-3": { storage: "ok" },
};

const enter = async (machine: string, changes: Changes = WHOLE, more: object = {}) =>
  maintenanceEnter.plan(
    runbookContext(),
    maintenanceEnter.arguments.parse({ machine, ...more }),
    answersOf(changes),
    RUN,
  );

const exit = async (machine: string, changes: Changes = {}) =>
  maintenanceExit.plan(
    runbookContext(),
    maintenanceExit.arguments.parse({ machine }),
    answersOf(changes),
    RUN,
  );

/** From the one of this title on. */
const phasesAt = ({ phases }: Plan, first: string) =>
  phases.slice(phases.findIndex(({ title }) => title === first));

/** What follows the drain. */
const stops = (plan: Plan) => plan.phases.filter(({ title }) => title.startsWith("stop "));

describe("maintenance enter", () => {
  it("drains in one group, then stops, which nothing takes back", async () => {
    const { phases } = await enter("node-1");
    const last = phases.findLastIndex(({ group }) => group === "drain node-1");
    expect(phases.slice(0, last + 1).every(({ group }) => group === "drain node-1")).toBe(true);
    expect(phases.slice(last + 1).map(({ title, group }) => [title, group])).toEqual(
      [
        "stop keepalived on node-1",
        "stop haproxy on node-1",
        "stop mailnode on node-1",
        "stop mounts on node-1",
        "stop sentinel on node-1",
        "stop redis on node-1",
        "stop galera on node-1",
        "stop glusterfs on node-1",
      ].map((title) => [title, undefined]),
    );
  });

  it("sends exactly this to stop what runs", async () => {
    expect(await dryRun(stops(await enter("node-1")))).toMatchSnapshot();
  });

  it("gives the database as long to stop as its unit does", async () => {
    const [galera] = stops(await enter("node-3"))
      .find(({ title }) => title.includes("galera"))!
      .decide(new Map())[0]!;
    expect(galera!.commands).toEqual([
      act(["systemctl", "stop", "--", "mailbastion-database-check.socket"], { timeoutMs: 16 * 60_000 }),
      stopServer(),
    ]);
  });

  it("takes a database for stopped only when none runs, whatever its unit is called", async () => {
    const [galera] = stops(await enter("node-3"))
      .find(({ title }) => title.includes("galera"))!
      .decide(new Map())[0]!;
    const gate = (pgrep: string) =>
      runWith(galera!.verify!.command.argv, { programs: { systemctl: "echo failed; exit 3", pgrep } });
    expect(gate("exit 1").code).toBe(0);
    expect(gate("echo 4711")).toMatchObject({ code: 1, stderr: "4711\na database server runs\n" });
  });

  it("marks the machine as in maintenance, and says what to type afterwards", async () => {
    const plan = await enter("node-3", WHOLE, { reason: "a new disk" });
    const marks = plan.phases
      .flatMap((phase) => (phase.machines.length > 0 ? [] : phase.decide(new Map()).flat()))
      .flatMap(({ commands }) => commands.map(({ stdin }) => stdin));
    expect(marks.find((text) => typeof text === "string")).toContain('"reason":"a new disk"');
    expect(marks.find((text) => typeof text === "string")).toContain('"work":"maintenance"');
    expect(plan.next).toBe("mbctl maintenance exit node-3");
  });

  it("asks the storage, which a drain alone does not", () => {
    const args = maintenanceEnter.arguments.parse({ machine: "node-1" });
    const asked = (runbook: typeof maintenanceEnter) =>
      runbook.survey(runbookContext(), args).command("node-2").argv.slice(4);
    expect(asked(drain)).toHaveLength(4);
    expect(asked(maintenanceEnter).join(" ")).toContain("gluster --mode=script volume status");
  });

  it.each<readonly [string, Changes, string, string]>([
    [
      "while files of another machine wait to be healed",
      { ...WHOLE, "node-2": { storage: "3 entries wait to be healed" } },
      "DRAIN_STORAGE",
      "the storage of node-2 is not whole: 3 entries wait to be healed",
    ],
    [
      "while its database gives a copy to another one",
      { ...WHOLE, "node-1": { storage: "ok", member: "Donor/Desynced" } },
      "DRAIN_QUORUM",
      "its database gives a copy to another member just now",
    ],
    [
      "while a copy to its database has not ended",
      { ...WHOLE, "node-1": { storage: "ok", isCopiedTo: true } },
      "DRAIN_QUORUM",
      "a copy of all data to its database has begun and not ended (/var/lib/mysql/sst_in_progress)",
    ],
  ])("refuses %s", async (_when, changes, code, sentence) => {
    const refusal = await refusalOf(() => enter("node-1", changes));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(sentence);
  });

  it("refuses with another machine drained or off", async () => {
    const other = { ...WHOLE, "node-2": { storage: "ok", mark: markOf({ owner: "bob@hall" }) } };
    expect((await refusalOf(() => enter("node-1", other))).message).toContain(
      "node-2 is drained by bob@hall",
    );
    const off = { ...WHOLE, "node-2": AWAY } as const;
    expect((await refusalOf(() => enter("node-1", off))).message).toContain(
      "the storage of node-2 is not whole: it cannot be reached",
    );
  });
});

describe("maintenance exit", () => {
  const mark = markOf({ machine: "node-1", owner: "eve@desk", work: "maintenance" });
  const stopped: Changes = {
    "node-1": {
      mark,
      hasVipMark: true,
      bearsVip: false,
      isHaproxyDown: true,
      member: "down",
      cache: "down",
      mailNode: "down",
      drains: { "node-1": mark },
    },
    "node-2": { cache: "master", bearsVip: true, drains: { "node-1": mark } },
  };

  it("starts in order, proves each before the next, and then gives the machine back", async () => {
    const plan = await exit("node-1", stopped);
    expect(plan.phases.map(({ title }) => title)).toEqual([
      "start glusterfs on node-1",
      "start galera on node-1",
      "start redis on node-1",
      "let Sentinel choose the cache of node-1 again",
      "start sentinel on node-1",
      "see that the cache of node-1 does its work",
      "start mounts on node-1",
      "start mailnode on node-1",
      "start haproxy on node-1",
      "let node-1 bear the VIP again",
      "start keepalived on node-1",
      "take the mark off node-1",
      "see that the balancers have the database of node-1 again",
      "put node-1 back into every balancer",
    ]);
    const starts = plan.phases
      .filter(({ title }) => title.startsWith("start "))
      .flatMap((phase) => phase.decide(new Map()).flat());
    expect(starts).toHaveLength(8);
    expect(starts.every(({ verify }) => verify !== undefined)).toBe(true);
    expect(plan.next).toBe("mbctl status");
  });

  it("lets this machine bear the VIP before keepalived must prove that somebody does", async () => {
    const [ahead, start] = phasesAt(await exit("node-1", stopped), "let node-1 bear the VIP again");
    expect(ahead!.decide(new Map())[0]![0]!.commands).toEqual(mayBearVip());
    expect(start!.title).toBe("start keepalived on node-1");
  });

  it("waits for a master of the cache only after this machine's Sentinel may vote for one, for its own cache too", async () => {
    const phases = phasesAt(await exit("node-1", stopped), "start redis on node-1").slice(0, 4);
    const [node] = threeMachines.machines;
    const [redis, eligible, vote, works] = phases.map((phase) => phase.decide(new Map())[0]![0]!);
    expect(redis!.verify!.command).toEqual(cacheAnswers(node!));
    expect(eligible).toMatchObject({ commands: [beEligible(node!)], verify: isEligible(node!) });
    expect(vote!.title).toBe("start redis-sentinel.service");
    expect(works).toMatchObject({ commands: [], verify: { command: cacheProbe(node!) } });
  });

  it("starts on a witness its Sentinel, and waits for no cache there", async () => {
    const plan = await maintenanceExit.plan(
      runbookContext(twoAndAWitness),
      maintenanceExit.arguments.parse({ machine: "node-3" }),
      answersOf({}, twoAndAWitness),
      RUN,
    );
    const titles = plan.phases.map(({ title }) => title);
    expect(titles).toContain("start sentinel on node-3");
    expect(titles.join("\n")).not.toContain("cache");
  });

  it("sends exactly this", async () => {
    expect(await dryRun((await exit("node-1", stopped)).phases)).toMatchSnapshot();
  });

  it("waits for a whole copy of the database and for the healing of all files", async () => {
    const { phases } = await exit("node-1", stopped);
    const limit = (title: string) =>
      phases.find((phase) => phase.title === title)!.decide(new Map())[0]![0]!.verify!.timeoutMs;
    expect(limit("start galera on node-1")).toBe(15 * 60_000);
    expect(limit("start glusterfs on node-1")).toBe(60 * 60_000);
  });

  it("refuses to start a database member that nobody is there to join", async () => {
    const refusal = await refusalOf(() =>
      exit("node-1", { ...stopped, "node-2": { member: "down" }, "node-3": { member: "down" } }),
    );
    expect(refusal).toMatchObject({ code: "MAINTENANCE_NO_DATABASE", remedy: "mbctl recover galera" });
  });

  it("leaves the machine of somebody else", async () => {
    const foreign = markOf({ machine: "node-1", owner: "bob@hall", work: "maintenance" });
    const refusal = await refusalOf(() => exit("node-1", { "node-1": { mark: foreign } }));
    expect(refusal.message).toBe(
      "node-1 stays in maintenance: node-1 was drained by bob@hall on 2026-11-22T18:00:00.000Z, and you are eve@desk",
    );
  });
});
