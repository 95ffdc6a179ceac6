import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Journal } from "../../../../src/toolkit/runner/journal/journal.ts";
import { FolderMachines } from "../machines.ts";

const RUN = "20260101T000000Z-test-0000";
const MACHINES = ["node-1", "node-2"];

let machines: FolderMachines;
let written: string[];
beforeEach(async () => {
  machines = await FolderMachines.make();
  written = [];
  machines.before = async (machine) => void written.push(machine);
});
afterEach(() => machines.remove());

const journal = () => new Journal({ ...machines.settings(), run: RUN, machines: () => MACHINES });
const step = (title: string) =>
  ({ kind: "step-started", phase: "p", machine: "node-1", step: title }) as const;

async function stepsOn(machine: string): Promise<readonly string[]> {
  const text = await readFile(machines.path(machine, `runs/${RUN}/journal`), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { step: string }).step);
}

describe("the journal of a run", () => {
  it("takes steps that begin side by side to each machine in one write", async () => {
    const kept = journal();
    await Promise.all(["a", "b", "c"].map((title) => kept.announce(step(title))));
    expect(written.toSorted()).toEqual(MACHINES);
    for (const machine of MACHINES) expect(await stepsOn(machine)).toEqual(["a", "b", "c"]);
  });

  it("writes what comes while it writes before that may begin", async () => {
    const kept = journal();
    const first = kept.announce(step("a"));
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, kept.announce(step("b"))]);
    for (const machine of MACHINES) expect(await stepsOn(machine)).toEqual(["a", "b"]);
  });

  it("lets no step begin that no machine has heard of, also beside another one", async () => {
    const kept = journal();
    MACHINES.forEach((machine) => machines.silent.add(machine));
    const settled = await Promise.allSettled(["a", "b"].map((title) => kept.announce(step(title))));
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    machines.silent.clear();
    await kept.announce(step("c"));
    expect(await stepsOn("node-2")).toEqual(["a", "b", "c"]);
  });

  it("brings what it lacks to a machine that was silent, with the next write", async () => {
    const kept = journal();
    machines.silent.add("node-2");
    await kept.announce(step("a"));
    machines.silent.clear();
    await kept.announce(step("b"));
    expect(await stepsOn("node-2")).toEqual(["a", "b"]);
  });
});
