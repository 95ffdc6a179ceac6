import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import type { ClusterPart } from "../../../../src/contract/cluster-status.ts";
import {
  askForMailCluster,
  doesNotLead,
  followsLeader,
  giveLeadership,
  isLedBy,
  isNoMember,
  isVoter,
  leadsElsewhere,
  parseMailCluster,
  replaceFormer,
  takeIn,
  takeOut,
} from "../../../../src/toolkit/services/mailnode/members.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { printing, runWith } from "../shell.ts";
import { clusterPart, healthWith, memberOf, outsider } from "./a-cluster.ts";

const PROGRAM = "/opt/mailbastion/current/bin/mbnode";

/** Runs a question in a real shell, where the node says this and ends with a code as it does when something is unwell. */
function ask({ argv, mutates }: Command, text: string, code = 0) {
  expect(mutates).toBe(false);
  const standIn = argv.map((word) => (word === PROGRAM ? "mbnode" : word));
  return runWith(standIn, { programs: { mbnode: `[ "$*" = status ] || exit 9\n${printing(text, code)}` } });
}

const said = (part: ClusterPart) => JSON.stringify(healthWith("node-2", part));
const whole = said(clusterPart("node-2"));
const learner = (node: string) => ({ ...memberOf(node), standing: "learner" as const });

/** Question, what the node says, whether it holds, and what is said where it does not. */
const QUESTIONS: readonly (readonly [string, Command, string, string | true])[] = [
  ["a member follows a leader", followsLeader().command, whole, true],
  [
    "a member has no leader",
    followsLeader().command,
    said(clusterPart("node-2", { leader: null })),
    "nobody leads",
  ],
  ["a node is no member", followsLeader().command, said(outsider("node-2", "waits")), "it is no member"],
  ["another one leads", leadsElsewhere("node-2").command, whole, true],
  ["this one still leads", leadsElsewhere("node-1").command, whole, "node-1 leads"],
  [
    "nobody leads, which is not elsewhere",
    leadsElsewhere("node-1").command,
    said(clusterPart("node-2", { leader: null })),
    "nobody leads",
  ],
  ["the one that is meant leads", isLedBy("node-1").command, whole, true],
  ["one whose name begins alike leads", isLedBy("node").command, whole, "node-1 leads"],
  ["a member has a vote", isVoter("node-3").command, whole, true],
  [
    "a witness has a vote",
    isVoter("node-3").command,
    said(
      clusterPart("node-2", {
        members: [memberOf("node-1"), { ...memberOf("node-3"), standing: "witness" }],
      }),
    ),
    true,
  ],
  [
    "a learner has none, though this node has one",
    isVoter("node-3").command,
    said(clusterPart("node-2", { members: [memberOf("node-1"), memberOf("node-2"), learner("node-3")] })),
    "node-3 has no vote",
  ],
  ["an id is a voter's", isVoter("aa03").command, whole, true],
  ["one whose name begins alike is no voter", isVoter("node").command, whole, "node has no vote"],
  ["a machine is no member", isNoMember("node-4").command, whole, true],
  ["a machine is a member", isNoMember("node-3").command, whole, "node-3 is a member"],
  ["an id is a member's", isNoMember("aa03").command, whole, "aa03 is a member"],
  ["an id is nobody's", isNoMember("aa04").command, whole, true],
  ["a node is on its own", isNoMember("aa04").command, JSON.stringify(healthWith("node-2")), "says nothing"],
  ["a node is not there", followsLeader().command, "", "says nothing"],
];

describe("what is asked about the cluster of the mail nodes", () => {
  it.each(QUESTIONS)("is answered rightly when %s", (_when, command, text, outcome) => {
    const { code, stderr } = ask(command, text);
    expect(code === 0 ? true : stderr.trim()).toEqual(
      outcome === true ? true : expect.stringContaining(outcome),
    );
  });

  it("does not depend on whether the node is well, which is another question", () => {
    expect(ask(followsLeader().command, whole, 3).code).toBe(0);
  });

  it("is read from the node's health, with what a later release may say besides", () => {
    const { stdout, code } = ask(askForMailCluster(), whole, 1);
    expect(code).toBe(0);
    expect(parseMailCluster(stdout)).toEqual(clusterPart("node-2"));
    const later = { ...healthWith("node-2"), cluster: { ...clusterPart("node-2"), epoch: 3 } };
    expect(parseMailCluster(JSON.stringify(later))).toEqual(clusterPart("node-2"));
  });

  it.each(["", "mbnode: connect ECONNREFUSED", JSON.stringify(healthWith("node-2")), '{"cluster":7}'])(
    "is unknown where the node says %j",
    (text) => {
      expect(parseMailCluster(text)).toBeUndefined();
    },
  );
});

describe("a leadership that is to be handed over", () => {
  const code = (machine: string, runs: boolean) => {
    const standIn = doesNotLead(machine).argv.map((word) => (word === PROGRAM ? "mbnode" : word));
    const mbnode = runs ? printing(whole) : "exit 1";
    return runWith(standIn, { programs: { mbnode, systemctl: `exit ${runs ? 0 : 3}` } }).code;
  };

  it("is that of the machine whose node leads", () => {
    expect([code("node-1", true), code("node-2", true)]).toEqual([1, 0]);
  });

  it("is none where the node does not run", () => {
    expect(code("node-1", false)).toBe(0);
  });
});

describe("what the cluster of the mail nodes is told", () => {
  it("is said to the node's own program, by names", () => {
    expect(takeOut("aa03").argv).toEqual([PROGRAM, "ctl", "member", "remove", "aa03"]);
    expect(giveLeadership().argv).toEqual([PROGRAM, "ctl", "transfer"]);
    expect(giveLeadership("node-2").argv).toEqual([PROGRAM, "ctl", "transfer", "--to", "node-2"]);
  });

  it.each([
    ["add", takeIn("node-4")],
    ["replace", replaceFormer("node-4")],
  ])(
    "is said again while gossip has not told everybody, when a node is to be taken in by %s",
    (action, { argv }) => {
      const standIn = argv.map((word) => (word === PROGRAM ? "mbnode" : word));
      const folder = mkdtempSync(join(tmpdir(), "mailbastion-insist-"));
      const mbnode = `[ "$*" = "ctl member ${action} node-4" ] || exit 9
echo asked >>${folder}/log
[ "$(wc -l <${folder}/log)" -ge 3 ]`;
      const programs = { mbnode, sleep: "exit 0" };
      expect(runWith(standIn, { programs }).code).toBe(0);
      expect(readFileSync(join(folder, "log"), "utf8")).toBe("asked\n".repeat(3));
      rmSync(folder, { recursive: true });
    },
  );

  it("fails with the node's words when it is refused again and again", () => {
    const standIn = takeIn("node-4").argv.map((word) => (word === PROGRAM ? "mbnode" : word));
    const programs = { mbnode: "echo 'mbnode: no node says that it is node-4' >&2; exit 1", sleep: "exit 0" };
    const { code, stderr } = runWith(standIn, { programs });
    expect(code).toBe(1);
    expect(stderr).toContain("no node says that it is node-4");
  });
});
