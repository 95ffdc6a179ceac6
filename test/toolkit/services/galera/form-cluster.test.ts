import { describe, expect, it } from "@jest/globals";
import { formClusterPhase } from "../../../../src/toolkit/services/galera/form-cluster.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import {
  answer,
  answers,
  bare,
  crashed,
  fresh,
  grastate,
  inService,
  joining,
  OTHER_HISTORY,
  standalone,
  status,
  stopped,
} from "./recorded.ts";

const decide = (...each: Answer[]) => formClusterPhase(threeMachines).decide(answers(...each));
const plan = (...each: Answer[]) =>
  decide(...each).map((stage) =>
    stage.map(
      ({ machine, commands }) =>
        `${machine}: ${commands.map(({ argv }) => argv.join(" ")).join("; ") || "wait"}`,
    ),
  );
const START = "systemctl start --no-block mariadb.service";

describe("forming the database cluster", () => {
  it("has nothing to do when every member is in service", () => {
    expect(plan(inService(0), inService(1), inService(2))).toEqual([]);
  });

  it.each([
    ["bare", bare],
    ["fresh", fresh],
  ])("begins on the first of %s machines and joins the others one at a time", (_name, machine) => {
    expect(plan(machine, machine, machine)).toEqual([
      ["node-1: galera_new_cluster"],
      [`node-2: ${START}`],
      [`node-3: ${START}`],
    ]);
  });

  it("waits for all four conditions after each", () => {
    const steps = decide(fresh, fresh, fresh).flat();
    expect(steps.map(({ verify }) => verify!.title)).toEqual(
      Array(3).fill("the member is primary, synced, ready and connected"),
    );
    expect(steps[0]!.verify!.command.mutates).toBe(false);
  });

  it("only joins the rest when one is primary, and never begins a second history", () => {
    expect(plan(inService(0), stopped(30), fresh)).toEqual([[`node-2: ${START}`], [`node-3: ${START}`]]);
    expect(plan(fresh, inService(1), crashed(2))).toEqual([[`node-1: ${START}`], [`node-3: ${START}`]]);
  });

  it("waits for one that is joining already", () => {
    expect(plan(inService(0), inService(1), joining)).toEqual([["node-3: wait"]]);
  });

  it("restarts a server that runs outside of the cluster and holds nothing", () => {
    const empty = answer({ unit: "active", status: "wsrep_on\tOFF\nwsrep_cluster_status\tDisconnected\n" });
    expect(plan(inService(0), inService(1), empty)).toEqual([
      ["node-3: systemctl restart --no-block mariadb.service"],
    ]);
  });

  it("does not begin while one of the machines holds tables of before", () => {
    expect(() => decide(standalone, fresh, fresh)).toThrow("node-1 already holds databases");
  });

  it("does not let a copy from the cluster erase data of another history, or of none", () => {
    expect(() => decide(inService(0), inService(1), stopped(77, 1, OTHER_HISTORY))).toThrow(
      "erase the data on node-3",
    );
    expect(() => decide(inService(0), inService(1), standalone)).toThrow("erase the data on node-3");
  });

  it("does not let a member join that a recovery left out, until its data are emptied", () => {
    const said = stopped(30);
    const leftOut = { ...said, stdout: `${said.stdout}@leftout\nyes\n` };
    expect(() => decide(inService(0), inService(1), leftOut)).toThrow(/would erase the data on node-3/);
    expect(plan(inService(0), inService(1), bare)).toEqual([[`node-3: ${START}`]]);
  });

  it("lets a member join whose first copy was cut short", () => {
    const torn = answer({
      unit: "failed",
      grastate: grastate(-1, { uuid: "00000000-0000-0000-0000-000000000000" }),
      databases: "/var/lib/mysql/mailbastion/t.ibd\n",
    });
    expect(plan(inService(0), inService(1), torn)).toEqual([[`node-3: ${START}`]]);
  });

  it("does not choose between two clusters", () => {
    const other = answer({
      unit: "active",
      status: status("Primary", "Synced", "ON", { uuid: OTHER_HISTORY }),
    });
    expect(() => decide(inService(0), inService(1), other)).toThrow("in 2 clusters at once");
  });
});
