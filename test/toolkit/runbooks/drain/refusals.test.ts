import { describe, expect, it } from "@jest/globals";
import { drain } from "../../../../src/toolkit/runbooks/drain/drain.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { refusalOf, RUN, runbookContext } from "../runbook-context.ts";
import { answersOf, AWAY, markOf, type Change } from "./answers.ts";

type Changes = Readonly<Record<string, Change | typeof AWAY>>;

const planOf = (args: Record<string, unknown>, changes: Changes = {}) =>
  drain.plan(runbookContext(), drain.arguments.parse(args), answersOf(changes), RUN);

const drained = (owner = "bob@hall") => ({ mark: markOf({ owner, reason: "fans" }) });
const deaf = { mailNode: "down" } as const;
const many = (count: number) => ({ sessions: [`smtp node-1 ${count} UP`] });

/** Machine to drain, how the cluster is, code and sentence, and whether --force does it all the same. */
const REFUSALS: readonly (readonly [string, string, Changes, string, string, boolean])[] = [
  [
    "that no machine of the cluster is",
    "node-9",
    {},
    "MACHINE_UNKNOWN",
    'acme has no machine "node-9"',
    false,
  ],
  [
    "that does not answer",
    "node-2",
    { "node-2": AWAY },
    "DRAIN_UNREACHABLE",
    "node-2 does not answer, so it cannot be told anything",
    false,
  ],
  [
    "that somebody else has drained",
    "node-2",
    { "node-2": drained() },
    "DRAINED_BY_ANOTHER",
    "node-2 cannot be drained: node-2 was drained by bob@hall on 2026-11-22T18:00:00.000Z (fans), and you are eve@desk",
    true,
  ],
  [
    "that a balancer was told of by somebody else",
    "node-3",
    { "node-1": { drains: { "node-3": markOf({ owner: "bob@hall" }) } } },
    "DRAINED_BY_ANOTHER",
    "node-3 cannot be drained: node-3 was drained by bob@hall on 2026-11-22T18:00:00.000Z, and you are eve@desk",
    true,
  ],
  [
    "before the balancers have what keeps a drain",
    "node-3",
    { "node-1": { isPrepared: false } },
    "DRAIN_UNPREPARED",
    "node-3 cannot be drained: node-1 has not the files yet that keep a drain over a restart",
    false,
  ],
  [
    "that is the last mail node that takes mail",
    "node-1",
    { "node-1": { cluster: "none" }, "node-2": deaf, "node-3": deaf },
    "DRAIN_LAST",
    "node-1 cannot be drained: no other mail node than node-1 takes mail",
    true,
  ],
  [
    "that is the last balancer",
    "node-1",
    { "node-2": { isHaproxyDown: true } },
    "DRAIN_LAST",
    "node-1 cannot be drained: no other balancer than node-1 could bear the VIP (the HAProxy of node-2 does not answer)",
    true,
  ],
  [
    "that is the last balancer, as the other one was told to stand back",
    "node-1",
    { "node-2": { hasVipMark: true } },
    "DRAIN_LAST",
    "node-1 cannot be drained: no other balancer than node-1 could bear the VIP (node-2 has the mark by which it stands back)",
    true,
  ],
  [
    "that is the last balancer, as the other one has no keepalived that runs",
    "node-1",
    { "node-2": { isKeepalivedDown: true } },
    "DRAIN_LAST",
    "node-1 cannot be drained: no other balancer than node-1 could bear the VIP (keepalived does not run on node-2)",
    true,
  ],
  [
    "that is the last one to which a balancer sends mail, as the others are drained there",
    "node-3",
    { "node-2": { states: { "smtp/node-1": 8, "smtp/node-2": 8, "console/node-1": 8 } } },
    "DRAIN_LAST",
    "node-3 cannot be drained: node-2 has no other server than that of node-3 that is up and not drained for smtp",
    true,
  ],
  [
    "that is the last one to which a balancer sends mail, as it cannot reach the others",
    "node-3",
    { "node-1": { isDeafTo: ["node-1", "node-2"] } },
    "DRAIN_LAST",
    "node-3 cannot be drained: node-1 has no other server than that of node-3 that is up and not drained for smtp, submission, submissions, console",
    true,
  ],
  [
    "that somebody has taken out of a balancer by hand",
    "node-3",
    { "node-2": { states: { "smtp/node-3": 8, "submission/node-3": 8 } } },
    "DRAINED_BY_ANOTHER",
    "node-3 cannot be drained: on node-2 smtp/node-3, submission/node-3 was drained by hand",
    true,
  ],
  [
    "that the others could not carry",
    "node-3",
    { "node-1": many(1500), "node-2": many(700) },
    "DRAIN_CAPACITY",
    "node-3 cannot be drained: 2200 smtp sessions are open, and the other mail nodes hold 2000: 200 too few",
    true,
  ],
  [
    "without which the database has no majority",
    "node-3",
    { "node-2": { member: "Joining" } },
    "DRAIN_QUORUM",
    "node-3 cannot be drained: of 3 database members only node-1 would be left in service, and 2 are needed for a majority",
    false,
  ],
  [
    "without which the mail nodes have no majority",
    "node-3",
    { "node-2": { cluster: "none" } },
    "DRAIN_QUORUM",
    "node-3 cannot be drained: of 3 members of the mail nodes' cluster only node-1 would be left, and 2 are needed for a majority",
    true,
  ],
  [
    "without which the mail nodes have no majority, as another one came back with an empty disk",
    "node-3",
    { "node-2": { cluster: { member: "bb77" } } },
    "DRAIN_QUORUM",
    "node-3 cannot be drained: of 3 members of the mail nodes' cluster only node-1 would be left, and 2 are needed for a majority",
    true,
  ],
  [
    "without which the master would have no replica in sync",
    "node-3",
    { "node-2": { cache: "syncing" } },
    "DRAIN_QUORUM",
    "node-3 cannot be drained: only node-1 would be left of the caches in sync, and a master needs a replica",
    true,
  ],
  [
    "without which the Sentinels have no majority",
    "node-3",
    { "node-2": { hasQuorum: false } },
    "DRAIN_QUORUM",
    "node-3 cannot be drained: only node-1 of 3 Sentinels would be left that reach a quorum, and 2 are needed",
    true,
  ],
];

describe("drain refuses a machine", () => {
  it.each(REFUSALS)("%s", async (_which, machine, changes, code, sentence, mayBeForced) => {
    const refusal = await refusalOf(() => planOf({ machine }, changes));
    expect(refusal).toMatchObject({ code, message: sentence });
    expect(refusal.remedy.includes("--force")).toBe(mayBeForced);
    if (mayBeForced) {
      const { notes } = await planOf({ machine, force: true }, changes);
      expect(notes![0]).toMatch(/^by --force, although /);
    } else expect((await refusalOf(() => planOf({ machine, force: true }, changes))).code).toBe(code);
  });

  it("before anything is asked, when its name is mistyped", () => {
    expect(() => drain.survey(runbookContext(), drain.arguments.parse({ machine: "node-9" }))).toThrow(
      'acme has no machine "node-9"',
    );
  });

  it("while another one is drained, with every reason at once and who did it", async () => {
    const refusal = await refusalOf(() => planOf({ machine: "node-3" }, { "node-2": drained() }));
    expect(refusal.message).toBe(
      [
        "node-3 cannot be drained: ",
        "    - of 3 database members only node-1 would be left in service, and 2 are needed for a majority (node-2 is drained by bob@hall)",
        "    - only node-1 would be left of the caches in sync, and a master needs a replica (node-2 is drained by bob@hall)",
        "    - only node-1 of 3 Sentinels would be left that reach a quorum, and 2 are needed (node-2 is drained by bob@hall)",
      ].join("\n"),
    );
  });

  it("while another one is off, even by force, as the database would stop for everyone", async () => {
    const refusal = await refusalOf(() => planOf({ machine: "node-3", force: true }, { "node-2": AWAY }));
    expect(refusal.code).toBe("DRAIN_QUORUM");
    expect(refusal.message).toContain("(node-2 cannot be reached)");
  });

  it("not, when it was drained by the same person: a drain may be repeated", async () => {
    const changes = { "node-3": { mark: markOf({ owner: "eve@desk", machine: "node-3" }) } };
    expect((await planOf({ machine: "node-3" }, changes)).phases.length).toBeGreaterThan(0);
  });

  it("never for a role that it has not", async () => {
    const topology = {
      ...threeMachines,
      machines: [
        ...threeMachines.machines,
        { ...threeMachines.machines[2]!, name: "web-4", roles: ["mail"] as const },
      ],
    };
    const answers = answersOf({ "node-2": { member: "down" } }, topology);
    const plan = await drain.plan(
      runbookContext(topology),
      drain.arguments.parse({ machine: "web-4" }),
      answers,
      RUN,
    );
    expect(plan.notes).toEqual([]);
  });
});
