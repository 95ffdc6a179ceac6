import { describe, expect, it } from "@jest/globals";
import { UserError } from "../../../../src/support/errors.ts";
import { formClusterPhase } from "../../../../src/toolkit/services/galera/form-cluster.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import {
  answers,
  arbitrator,
  crashed,
  fresh,
  looking,
  OTHER_HISTORY,
  stopped,
  survivor,
} from "./recorded.ts";

const decide = (...each: Answer[]) => formClusterPhase(threeMachines).decide(answers(...each));
const plan = (...each: Answer[]) =>
  decide(...each).map((stage) =>
    stage.map(({ machine, commands }) => `${machine}: ${commands.length > 0 ? "start" : "wait"}`),
  );

function refusal(...each: Answer[]): UserError {
  try {
    decide(...each);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("it decided");
}

describe("a database cluster without a primary component", () => {
  it("starts all members of the last saved view together", () => {
    expect(plan(crashed(0), crashed(1), crashed(2))).toEqual([
      ["node-1: start", "node-2: start", "node-3: start"],
    ]);
  });

  it("leaves those alone that look for the others already", () => {
    expect(plan(looking(0), crashed(1), looking(2))).toEqual([
      ["node-1: wait", "node-2: start", "node-3: wait"],
    ]);
    expect(plan(survivor(0), crashed(1), crashed(2))).toEqual([
      ["node-1: wait", "node-2: start", "node-3: start"],
    ]);
  });

  it("takes the newest view when one member had left before, and joins that one afterwards", () => {
    expect(plan(crashed(0, [0, 1], 9), crashed(1, [0, 1], 9), crashed(2))).toEqual([
      ["node-1: start", "node-2: start"],
      ["node-3: start"],
    ]);
  });

  it("joins a blank machine after the members of a view that is whole without it", () => {
    expect(plan(crashed(0, [0, 1], 9), crashed(1, [0, 1], 9), fresh)).toEqual([
      ["node-1: start", "node-2: start"],
      ["node-3: start"],
    ]);
  });

  it("refuses when a member of the last view has come back blank", () => {
    expect(refusal(crashed(0), crashed(1), fresh).code).toBe("GALERA_NO_PRIMARY");
  });

  it("refuses after a clean stop of all, shows who has what, and says what to type", () => {
    const error = refusal(stopped(22), stopped(24, 1), stopped(20));
    expect(error.message).toBe(
      [
        "the database cluster has no primary component and cannot restore one by itself:",
        "  machine  unit      history (uuid)                        position (seqno)  safe to bootstrap  read from",
        "  node-1   inactive  82427ec6-e685-11f1-923a-a2e7766fb756  22                no                 saved state",
        "  node-2   inactive  82427ec6-e685-11f1-923a-a2e7766fb756  24                yes                saved state",
        "  node-3   inactive  82427ec6-e685-11f1-923a-a2e7766fb756  20                no                 saved state",
      ].join("\n"),
    );
    expect(error.remedy).toContain("mbctl recover galera");
  });

  it("takes the position that the start recovered where the saved state has none", () => {
    const error = refusal(looking(0, 24), looking(1, 26), stopped(20));
    expect(error.message).toMatch(/node-2 .* 26 .* recovered from data/);
  });

  it("shows which machine has not said where it stands", () => {
    const error = refusal(crashed(0), stopped(24, 1), stopped(20));
    expect(error.message).toMatch(/node-1 .* unknown/);
  });

  it("never compares positions of different histories: the larger may be the stale one", () => {
    const error = refusal(stopped(2, 1), stopped(2), stopped(9, 0, OTHER_HISTORY));
    expect(error.remedy).toContain("the histories differ");
    expect(error.remedy).not.toContain("node-3");
  });
});

describe("a database cluster with an arbitrator and without a primary component", () => {
  const decideWith = (vote: Answer, ...members: Answer[]) =>
    formClusterPhase(twoAndAWitness)
      .decide(answers(...members, vote))
      .map((stage) =>
        stage.map(({ machine, commands }) => `${machine}: ${commands.length > 0 ? "start" : "wait"}`),
      );

  it("starts the members of the last saved view and the arbitrator that is in it together", () => {
    expect(decideWith(arbitrator("inactive", 7), crashed(0), crashed(1))).toEqual([
      ["node-1: start", "node-2: start", "node-3: start"],
    ]);
    expect(decideWith(arbitrator("activating", 7), looking(0), looking(1))).toEqual([
      ["node-1: wait", "node-2: wait"],
    ]);
  });

  it("refuses where the arbitrator of that view has lost it: Galera would wait for it in vain", () => {
    expect(() => decideWith(arbitrator("active"), crashed(0), crashed(1))).toThrow(
      "cannot restore one by itself",
    );
  });

  it("needs no arbitrator for a view that names none", () => {
    expect(decideWith(arbitrator("active", 7), crashed(0, [0, 1], 9), crashed(1, [0, 1], 9))).toEqual([
      ["node-1: start", "node-2: start"],
    ]);
  });
});
