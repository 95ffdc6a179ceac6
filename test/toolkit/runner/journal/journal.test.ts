import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { UserError } from "../../../../src/support/errors.ts";
import { Journal } from "../../../../src/toolkit/runner/journal/journal.ts";
import { readLocally } from "../../../../src/toolkit/runner/journal/local-copy.ts";
import { ClusterLock } from "../../../../src/toolkit/runner/lock/cluster-lock.ts";
import { FolderMachines } from "../machines.ts";
import { begun } from "./begun.ts";

const RUN = "20260101T000000Z-test-0000";
const MACHINES = ["node-1", "node-2"];

let machines: FolderMachines;
let lock: ClusterLock;
let written: string[];
beforeEach(async () => {
  machines = await FolderMachines.make();
  lock = await take("t1");
  written = [];
  machines.before = async (machine) => void written.push(machine);
});
afterEach(() => machines.remove());

/** Takes the lock over where somebody has it. */
function take(token: string): Promise<ClusterLock> {
  const holder = {
    kind: "run",
    run: RUN,
    command: "mbctl test",
    user: "alice",
    host: "desk",
    pid: 1,
    at: 0,
  } as const;
  return ClusterLock.acquire({
    ...machines.settings(),
    machines: MACHINES,
    holder,
    token,
    waitMs: 0,
    isDead: () => true,
  });
}

const journal = () => new Journal({ ...machines.settings(), run: RUN, lock });
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
    expect(settled.map((one) => one.status === "rejected" && (one.reason as UserError).code)).toEqual([
      "JOURNAL_UNWRITTEN",
      "JOURNAL_UNWRITTEN",
    ]);
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

  it("of a run that somebody else goes on with is neither written nor ended, not here either", async () => {
    const kept = journal();
    await kept.announce(begun(RUN));
    const other = await take("t2");
    await expect(kept.end("failed")).rejects.toMatchObject({ code: "LOCK_LOST" });
    await expect(kept.announce(step("a"))).rejects.toMatchObject({ code: "LOCK_LOST" });
    for (const machine of MACHINES) {
      expect(await readFile(machines.path(machine, `runs/${RUN}/journal`), "utf8")).not.toContain("failed");
      await expect(readFile(machines.path(machine, `runs/${RUN}/ended`))).rejects.toMatchObject({
        code: "ENOENT",
      });
    }
    expect((await readLocally(machines.settings().runs, RUN))!.entries).toHaveLength(1);
    expect(lock.machines).toEqual([]);
    await other.release();
  });

  it("is not ended on this computer alone", async () => {
    const kept = journal();
    await kept.announce(begun(RUN));
    MACHINES.forEach((machine) => machines.silent.add(machine));
    await expect(kept.end("done")).rejects.toMatchObject({ code: "JOURNAL_UNWRITTEN" });
    expect((await readLocally(machines.settings().runs, RUN))!.outcome).toBeUndefined();
    machines.silent.clear();
  });
});
