import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { findRuns, openRuns } from "../../../../src/toolkit/runner/journal/find-runs.ts";
import { Journal } from "../../../../src/toolkit/runner/journal/journal.ts";
import { takeLock } from "../../../../src/toolkit/runner/take-lock.ts";
import { FolderMachines } from "../machines.ts";
import { begun } from "./begun.ts";

// Real shells, on a machine that others may use as well.
jest.setTimeout(120_000);

const MACHINES = ["node-1", "node-2", "node-3"];
const RUN = "20260101T000000Z-maintenance-enter-0000";

let machines: FolderMachines;
beforeEach(async () => {
  machines = await FolderMachines.make();
});
afterEach(() => machines.remove());

/** Begins a run and leaves it, or carries it to its end. */
async function work(workstation: string, run: string, isEnded = true): Promise<void> {
  const settings = machines.settings(workstation);
  const lock = await takeLock({ command: "mbctl test", machines: MACHINES }, run, settings);
  const journal = new Journal({ ...settings, run, lock });
  await journal.announce(begun(run));
  if (isEnded) await journal.end("done");
  await lock.release();
}

/** Another workstation ends what was left. */
async function settle(workstation: string, run: string): Promise<void> {
  const settings = machines.settings(workstation);
  const [record] = await openRuns(settings.runs, MACHINES, machines);
  expect(record!.begun.run).toBe(run);
  const lock = await takeLock({ command: "mbctl test", machines: MACHINES }, run, settings);
  await new Journal({ ...settings, run, lock }, record!.entries).end("done");
  await lock.release();
}

const nightly = (index: number) => `202602${String(index).padStart(2, "0")}T000000Z-backup-0000`;

/** What as many runs as a machine keeps have left there. */
async function keepFifty(...names: readonly string[]): Promise<void> {
  for (const machine of names)
    for (let index = 0; index < 50; index++) {
      const folder = machines.path(machine, `runs/${nightly(index)}`);
      await mkdir(folder, { recursive: true });
      await writeFile(
        `${folder}/journal`,
        `${JSON.stringify({ ...begun(nightly(index)), seq: 0, at: 0 })}\n`,
      );
      await writeFile(`${folder}/ended`, "");
    }
}

async function open(workstation: string, asked = MACHINES): Promise<readonly string[]> {
  const records = await openRuns(machines.settings(workstation).runs, asked, machines);
  return records.map(({ begun: { run } }) => run);
}

describe("a run that has ended", () => {
  it("elsewhere stays ended for the computer that began it, when the machines have forgotten its journal", async () => {
    await work("desk", RUN, false);
    await settle("laptop", RUN);
    await keepFifty(...MACHINES);
    await work("laptop", "20260301T000000Z-backup-0000");
    for (const machine of MACHINES) {
      expect(await readdir(machines.path(machine, "runs"))).not.toContain(RUN);
      expect(await readFile(machines.path(machine, "runs/ended-runs"), "utf8")).toContain(`${RUN}\n`);
    }
    expect(await open("desk")).toEqual([]);
    expect(await open("desk", [])).toEqual([RUN]);
    await work("desk", "20260302T000000Z-backup-0000");
    expect(await open("desk", [])).toEqual([]);
  });

  it("is ended on a machine that was silent then, by the end of the next run that meets it", async () => {
    await work("desk", RUN, false);
    machines.silent.add("node-3");
    await settle("desk", RUN);
    machines.silent.clear();
    const find = async () =>
      (await findRuns(machines.settings("laptop").runs, MACHINES, machines)).find(({ run }) => run === RUN);
    expect(await find()).toMatchObject({ isEnded: true, openOn: ["node-3"] });
    await work("laptop", "20260301T000000Z-backup-0000");
    expect(await find()).toMatchObject({ isEnded: true, openOn: [] });
    expect(await open("third", ["node-3"])).toEqual([]);
  });

  it("is ended on a machine that comes back when the others have forgotten its journal", async () => {
    await work("desk", RUN, false);
    machines.silent.add("node-3");
    await settle("desk", RUN);
    await keepFifty("node-1", "node-2");
    await work("desk", "20260301T000000Z-backup-0000");
    machines.silent.clear();
    expect(await open("third", ["node-3"])).toEqual([RUN]);
    expect(await open("third")).toEqual([]);
    await work("third", "20260302T000000Z-backup-0000");
    expect(await open("third", ["node-3"])).toEqual([]);
  });

  it("is known by its name when its journal is gone, as one of the last 500", async () => {
    const names = Array.from({ length: 500 }, (_, index) => `2025-${index}`);
    await mkdir(machines.path("node-1", "runs"), { recursive: true });
    await writeFile(machines.path("node-1", "runs/ended-runs"), names.map((name) => `${name}\n`).join(""));
    await work("desk", RUN);
    await keepFifty("node-1");
    await work("desk", "20260301T000000Z-backup-0000");
    const kept = (await readFile(machines.path("node-1", "runs/ended-runs"), "utf8")).trimEnd().split("\n");
    expect(kept).toEqual([...names.slice(2), RUN, nightly(0)]);
    expect((await findRuns(machines.settings("laptop").runs, ["node-1"], machines))[0]!.run).toBe(nightly(1));
  });
});
