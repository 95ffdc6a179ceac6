import { describe, expect, it } from "@jest/globals";
import type { ClusterPart } from "../../../../src/contract/cluster-status.ts";
import { formMailClusterPhase } from "../../../../src/toolkit/services/mailnode/form-cluster.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { clusterPart, healthWith, memberOf, outsider } from "./a-cluster.ts";

type Parts = Readonly<Record<string, ClusterPart | undefined>>;

/** Stages as "machine: title", when each mail node says this; one that is not named is whole, one of undefined silent. */
function stagesOf(changes: Parts = {}) {
  const answers = new Map(
    threeMachines.machines.map(({ name }): [string, Answer] => {
      const part = name in changes ? changes[name] : clusterPart(name);
      return [name, { code: 0, stdout: part ? JSON.stringify(healthWith(name, part)) : "", stderr: "" }];
    }),
  );
  return formMailClusterPhase(threeMachines).decide(answers);
}

const titles = (changes: Parts = {}) =>
  stagesOf(changes).map((stage) => stage.map(({ machine, title }) => `${machine}: ${title}`));

const waits = "it waits to be taken in";

describe("making the mail nodes one cluster", () => {
  it("has nothing to do where all are members", () => {
    expect(titles()).toEqual([]);
  });

  it("waits for the founding of a new one, which the nodes see to themselves", () => {
    const [stage] = stagesOf({
      "node-1": outsider("node-1", "waits for node-2"),
      "node-2": outsider("node-2", "waits for node-1"),
      "node-3": undefined,
    });
    expect(stage!.map(({ machine, title }) => `${machine}: ${title}`)).toEqual([
      "node-1: wait until the mail nodes have founded their cluster",
      "node-2: wait until the mail nodes have founded their cluster",
    ]);
    expect(stage!.every(({ commands, verify }) => commands.length === 0 && verify !== undefined)).toBe(true);
  });

  it("takes a node in that is no member, by the word of the leader's machine, with a vote in the end", () => {
    const members = [memberOf("node-1"), memberOf("node-2")];
    const without = (name: string) => clusterPart(name, { leader: "node-2", members });
    const changes = {
      "node-1": without("node-1"),
      "node-2": without("node-2"),
      "node-3": outsider("node-3", waits),
    };
    expect(titles(changes)).toEqual([["node-2: take the mail node of node-3 into the cluster"]]);
    const step = stagesOf(changes)[0]![0]!;
    expect(step.commands[0]!.argv.slice(-2)).toEqual(["add", "node-3"]);
    expect(step.verify!.title).toBe("aa03 is a member of the mail nodes' cluster with a vote");
    expect(step.unless).toEqual(step.verify!.command);
  });

  it("asks no witness where the leader says nothing: one would not see that it is done", () => {
    const members = [memberOf("node-2"), { ...memberOf("node-1"), standing: "witness" as const }];
    const changes = {
      "node-1": { ...clusterPart("node-1", { leader: "node-2", members }), standing: "witness" as const },
      "node-2": undefined,
      "node-3": outsider("node-3", waits),
    };
    expect(titles(changes)).toEqual([]);
  });

  it("goes on with a learner whose taking-in was broken off", () => {
    const members = [
      memberOf("node-1"),
      memberOf("node-2"),
      { ...memberOf("node-3"), standing: "learner" as const },
    ];
    const part = (name: string) => clusterPart(name, { members });
    expect(
      titles({
        "node-1": part("node-1"),
        "node-2": part("node-2"),
        "node-3": { ...part("node-3"), standing: "learner" },
      }),
    ).toEqual([["node-1: take the mail node of node-3 into the cluster"]]);
  });

  it("takes a node in whose disk was lost, by its new id, and what it was before out", () => {
    const changes = { "node-3": outsider("node-3", waits, "bb77") };
    expect(titles(changes)).toEqual([
      ["node-1: take the mail node of node-3 in, and out what it was before its disk was lost"],
    ]);
    const step = stagesOf(changes)[0]![0]!;
    expect(step.commands[0]!.argv.slice(-2)).toEqual(["replace", "node-3"]);
    expect(step.unless!.argv.at(-1)).toBe("bb77");
  });

  it("leaves a silent node to its probe, and changes nothing while nobody leads", () => {
    expect(titles({ "node-3": undefined })).toEqual([]);
    const leaderless = (name: string) => clusterPart(name, { leader: null, status: "failed" });
    expect(
      titles({
        "node-1": leaderless("node-1"),
        "node-2": leaderless("node-2"),
        "node-3": outsider("node-3", waits),
      }),
    ).toEqual([]);
  });
});
