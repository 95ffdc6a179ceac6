import { describe, expect, it } from "@jest/globals";
import { parseSurvey, type MachineSurvey } from "../../../../src/toolkit/runbooks/survey/machine.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { clusterPart } from "../../services/mailnode/a-cluster.ts";
import { answersOf, AWAY, markOf, type Change } from "../drain/answers.ts";

function surveyed(change: Change, machine = "node-1"): MachineSurvey {
  return parseSurvey(threeMachines, answersOf({ [machine]: change })).get(machine)!;
}

describe("what a machine says of itself", () => {
  it("is read where all is well", () => {
    const survey = surveyed({});
    expect(survey).toMatchObject({ mark: undefined, hasVipMark: false, bearsVip: true });
    expect(survey.balancer).toMatchObject({
      answers: true,
      isPrepared: true,
      isKeepalivedDown: false,
      marks: new Map(),
    });
    expect(survey.member).toEqual({ inService: true, isDonor: false, isCopiedTo: false });
    expect(survey.cache).toEqual({ role: "master", isInSync: true });
    expect(survey.sentinel).toEqual({ master: "192.168.1.101", hasQuorum: true });
    expect(survey.mailNode).toEqual({
      answer: { ready: true, node: "node-1" },
      cluster: clusterPart("node-1"),
    });
    expect(survey.storage).toBeUndefined();
  });

  it("has no balancer where the machine is none", () => {
    expect(surveyed({}, "node-3").balancer).toBeUndefined();
  });

  it("is absent for a machine that could not be asked", () => {
    expect([...parseSurvey(threeMachines, answersOf({ "node-2": AWAY })).keys()]).toEqual([
      "node-1",
      "node-3",
    ]);
  });

  it("adds up the sessions of all processes, and believes the present one about the state", () => {
    const sessions = ["smtp node-2 4 DOWN", "smtp node-2 1 DOWN"];
    const survey = surveyed({ sessions, states: { "smtp/node-2": 0x18 } });
    expect(
      survey.balancer!.servers.find(({ listener, machine }) => `${listener}/${machine}` === "smtp/node-2"),
    ).toEqual({
      listener: "smtp",
      machine: "node-2",
      sessions: 5,
      isUp: true,
      isDrained: true,
    });
  });

  it("tells marks with whatever reason, its own and those of others that it was told", () => {
    const mark = markOf({ reason: 'a "new"\n@vip disk' });
    const survey = surveyed({ mark, hasVipMark: true, drains: { "node-3": mark } });
    expect(survey).toMatchObject({ mark, hasVipMark: true });
    expect(survey.balancer!.marks).toEqual(new Map([["node-3", mark]]));
  });

  it.each([
    [
      "a member that gives a copy is a donor",
      { member: "Donor/Desynced" },
      { member: { inService: false, isDonor: true, isCopiedTo: false } },
    ],
    [
      "a member with the mark of a copy is copied to",
      { member: "down", isCopiedTo: true },
      { member: { inService: false, isDonor: false, isCopiedTo: true } },
    ],
    [
      "a member that is down",
      { member: "down" },
      { member: { inService: false, isDonor: false, isCopiedTo: false } },
    ],
    ["a replica that copies", { cache: "syncing" }, { cache: { role: "replica", isInSync: false } }],
    [
      "a cache that is down",
      { cache: "down" },
      { cache: { role: "none", isInSync: false }, sentinel: { master: undefined } },
    ],
    ["a Sentinel without a quorum", { hasQuorum: false }, { sentinel: { hasQuorum: false } }],
    ["a HAProxy that is down", { isHaproxyDown: true }, { balancer: { answers: false, servers: [] } }],
    ["a keepalived that is down", { isKeepalivedDown: true }, { balancer: { isKeepalivedDown: true } }],
    ["a mail node that is down", { mailNode: "down" }, { mailNode: { answer: undefined } }],
    [
      "a mail node that is on its own",
      { cluster: "none" },
      { mailNode: { answer: { ready: true, node: "node-1" } } },
    ],
    ["a brick that is whole", { storage: "ok" }, { storage: { fault: "" } }],
    ["a brick that is not", { storage: "3 entries wait" }, { storage: { fault: "3 entries wait" } }],
    [
      "a brick whose words look like a heading",
      { storage: "@1 no room" },
      { storage: { fault: "@1 no room" } },
    ],
  ] as const)("knows %s", (_what, change, found) => {
    expect(surveyed(change)).toMatchObject(found);
  });
});
