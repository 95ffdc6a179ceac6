import { describe, expect, it } from "@jest/globals";
import { memberRules } from "../../../../src/toolkit/status/rules/members.ts";
import type { ClusterStatus } from "../../../../src/toolkit/status/cluster-status.ts";
import { memberOf, outsider } from "../../services/mailnode/a-cluster.ts";
import { drain, found, inShort, machineOf, takeAway } from "../whole.ts";

const NAMES = ["node-1", "node-2", "node-3"] as const;
const node = (status: ClusterStatus, name: string) => machineOf(status, name).evidence.mailnode!;
const part = (status: ClusterStatus, name: string) => node(status, name).cluster!;
const told = (spoil: (status: ClusterStatus) => void) => inShort(found(memberRules, spoil));
const rules = (spoil: (status: ClusterStatus) => void) => found(memberRules, spoil).map(({ rule }) => rule);

describe("the rules about the cluster of the mail nodes", () => {
  it("find nothing where all are members and follow one leader", () => {
    expect(found(memberRules)).toEqual([]);
  });

  it("find nothing where no node is in a cluster", () => {
    expect(rules((status) => NAMES.forEach((name) => delete node(status, name).cluster))).toEqual([]);
  });

  it("say that nobody leads, that mail is taken, and what to type", () => {
    expect(
      told((status) =>
        NAMES.forEach((name) => Object.assign(part(status, name), { leader: null, status: "failed" })),
      ),
    ).toEqual([
      "warning: the mail nodes have no leader: they take mail, and decide on nothing that they share -> start the mail nodes that are away; mbctl doctor says which ways between them are shut",
    ]);
  });

  it("tell a cluster that was not founded yet from one that lost its leader", () => {
    const [finding] = found(memberRules, (status) =>
      NAMES.forEach((name) => (node(status, name).cluster = outsider(name, "waits for node-3"))),
    );
    expect(finding).toMatchObject({ rule: "members-not-founded", severity: "warning" });
    expect(finding!.evidence[0]).toBe("node-1: leader none, term 0, waits for node-3");
  });

  it("name two leaders with their terms", () => {
    expect(told((status) => Object.assign(part(status, "node-3"), { leader: "node-3", term: 3 }))).toEqual([
      "warning: the mail nodes do not name one leader: node-1: leader node-1, term 4; node-2: leader node-1, term 4; node-3: leader node-3, term 3 -> look again in ten seconds; if it stays so, mbctl doctor",
    ]);
  });

  it("name a member that knows no leader while others do", () => {
    expect(told((status) => (part(status, "node-3").leader = null))).toEqual([
      "warning: the mail node on node-3 knows no leader, and the others follow node-1 -> look again in ten seconds; if it stays so, mbctl doctor, which tries every way",
    ]);
  });

  it("take a node that others can hear and this one cannot reach for a cut", () => {
    const findings = found(memberRules, (status) => (part(status, "node-2").status = "split-brain"));
    expect(findings.map(({ rule, severity, machines }) => [rule, severity, machines])).toEqual([
      ["members-split", "critical", ["node-2"]],
    ]);
  });

  it("name a node that is no member, with what it says itself, and one that only learns", () => {
    const without = (status: ClusterStatus) =>
      (["node-1", "node-2"] as const).forEach(
        (name) => (part(status, name).members = [memberOf("node-1"), memberOf("node-2")]),
      );
    expect(
      told((status) => {
        without(status);
        node(status, "node-3").cluster = outsider("node-3", "it waits to be taken in");
      }),
    ).toEqual([
      "warning: the mail node on node-3 is no member of the mail nodes' cluster: it waits to be taken in -> mbctl apply, which takes it in",
      "note: 2 members vote in the mail nodes' cluster: it survives the loss of none, as 1 would; mail is taken all the same -> ",
    ]);
    expect(
      rules((status) => {
        without(status);
        takeAway(status, "node-3");
      }),
    ).toEqual(["member-missing", "members-even"]);
    expect(
      rules((status) =>
        NAMES.forEach(
          (name) => (part(status, name).members[2] = { ...memberOf("node-3"), standing: "learner" }),
        ),
      ),
    ).toEqual(["member-learns", "members-even"]);
  });

  it("know a machine that came back with an empty disk by its id, though the old one bears its name", () => {
    expect(rules((status) => (node(status, "node-3").cluster = outsider("node-3", "waits", "bb77")))).toEqual(
      ["member-missing"],
    );
  });

  it("name a member that is no machine of the description, with its id", () => {
    const stray = { ...memberOf("node-9"), id: "cc09", seems: "dead" as const };
    const spoil = (status: ClusterStatus) => NAMES.forEach((name) => part(status, name).members.push(stray));
    expect(told(spoil)).toEqual([
      "warning: node-9 is a member of the mail nodes' cluster (voter, it seems dead), and no mail machine of the description -> if it is gone for good, on node-1: /opt/mailbastion/current/bin/mbnode ctl member remove cc09",
      "note: 4 members vote in the mail nodes' cluster: it survives the loss of 1, as 3 would; mail is taken all the same -> ",
    ]);
  });

  it("name a node that is far behind the newest entry, and not one that keeps up", () => {
    const behind = (entries: number) => (status: ClusterStatus) =>
      Object.assign(part(status, "node-2"), {
        commitIndex: 900_000 - entries,
        appliedIndex: 900_000 - entries,
      });
    const ahead = (status: ClusterStatus) =>
      (["node-1", "node-3"] as const).forEach((name) =>
        Object.assign(part(status, name), { commitIndex: 900_000, appliedIndex: 900_000 }),
      );
    expect(
      told((status) => {
        ahead(status);
        behind(5_000)(status);
      }),
    ).toEqual([
      "warning: the mail node on node-2 is 5000 entries behind the newest that is committed -> look again in a minute; if it stays so, look at the disk and the load of node-2",
    ]);
    expect(
      rules((status) => {
        ahead(status);
        behind(50)(status);
      }),
    ).toEqual([]);
  });

  it("note a node that the cluster itself took out of service, and not one whose machine is drained", () => {
    const resting = (status: ClusterStatus) => void (part(status, "node-2").state = "maintenance");
    expect(told(resting)).toEqual([
      "note: the mail node on node-2 is out of service by its cluster's own mark (maintenance) -> on node-2: /opt/mailbastion/current/bin/mbnode ctl maintenance exit node-2",
    ]);
    expect(
      rules((status) => {
        resting(status);
        drain(status, "node-2");
      }),
    ).toEqual([]);
  });
});
