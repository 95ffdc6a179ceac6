import { describe, expect, it } from "@jest/globals";
import { recoverStorage } from "../../../../src/toolkit/runbooks/recover/storage.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { dryRun, ok, refusalOf, RUN, runbookContext, titlesOf } from "../runbook-context.ts";

interface Parts {
  readonly daemon?: boolean;
  /** Whether each of the three bricks is online. */
  readonly bricks?: readonly (0 | 1)[];
  readonly pending?: number;
  readonly mounted?: boolean;
}

function said({ daemon = true, bricks = [1, 1, 1], pending = 0, mounted = true }: Parts = {}): Answer {
  const lines = bricks.map((online, index) => `|192.168.1.10${index + 1} ${online}`).join("\n");
  const isWhole = daemon && bricks.every((online) => online === 1) && pending === 0;
  const brick = daemon ? `|@peers\n|@bricks\n${lines}\n|@heal\n|Total Number of entries: ${pending}\n` : "";
  const stdout = `@daemon ${daemon ? 0 : 3}\n@brick ${isWhole ? 0 : 1}\n${brick}@mount ${mounted ? 0 : 1}\n`;
  return { code: 0, stdout, stderr: "" };
}

async function planFor(...each: readonly (Answer | undefined)[]): Promise<Plan> {
  const answers = new Map(
    each.flatMap((answer, index) => (answer ? [[`node-${index + 1}`, answer] as const] : [])),
  );
  return recoverStorage.plan(runbookContext(), {}, answers, RUN);
}

/** What the last phase finds: nothing in split-brain. */
const none = { ...ok, stdout: "Brick 192.168.1.101:/b\nNumber of entries in split-brain: 0\n" };
const clean = new Map([["node-1", none]]);
const titles = (plan: Plan) => plan.phases.flatMap((phase) => titlesOf(phase, clean));

describe("recover storage", () => {
  it("has nothing to do where everything is whole", async () => {
    expect(titles(await planFor(said(), said(), said()))).toEqual([]);
  });

  it("starts daemons and bricks, heals to the end and mounts again", async () => {
    const broken = said({ bricks: [1, 0, 1] });
    const plan = await planFor(broken, said({ daemon: false, mounted: false }), broken);
    expect(titles(plan)).toEqual([
      ["node-2: start glusterd.service"],
      [
        "node-1: wait for the storage pool",
        "node-2: wait for the storage pool",
        "node-3: wait for the storage pool",
      ],
      ["node-1: start the bricks of volume mail"],
      ["node-1: heal what the bricks lack"],
      ["node-2: mount the shared storage again"],
    ]);
  });

  it("only heals where all bricks are there and something waits", async () => {
    const waiting = said({ pending: 3 });
    expect(titles(await planFor(waiting, waiting, waiting))).toEqual([["node-1: heal what the bricks lack"]]);
  });

  it("does not wait for the end of healing while a brick's machine is away, and says so", async () => {
    const broken = said({ bricks: [1, 1] });
    const plan = await planFor(broken, broken);
    expect(plan.phases.map(({ title }) => title)).not.toContain("heal the storage");
    expect(plan.notes).toEqual([
      "node-3 is away, so that healing cannot end: run this again when it is back",
    ]);
  });

  it("refuses without a quorum of bricks", async () => {
    const error = await refusalOf(() => planFor(said()));
    expect(error.code).toBe("STORAGE_NO_QUORUM");
    expect(error.message).toBe(
      "of 3 storage machines 1 can be reached, and 2 are needed for a quorum: node-2, node-3 is away",
    );
  });

  it("never resolves a split-brain, but lists the files and the commands", async () => {
    const { phases } = await planFor(said(), said(), said());
    const listed = {
      ...ok,
      stdout:
        "Brick 192.168.1.101:/b\n/it's\nNumber of entries in split-brain: 1\n\nBrick 192.168.1.102:/b\n/it's\n",
    };
    const error = await refusalOf(() => phases.at(-1)!.decide(new Map([["node-1", listed]])));
    expect(error.code).toBe("STORAGE_SPLIT_BRAIN");
    expect(error.message).toContain("/it's on 192.168.1.101:/b and 192.168.1.102:/b");
    expect(error.remedy).toContain("gluster volume heal mail split-brain latest-mtime '/it'\\''s'");
    expect(error.remedy).toContain(
      "gluster volume heal mail split-brain source-brick 192.168.1.102:/b '/it'\\''s'",
    );
  });

  it("does not say that no file is in split-brain where nobody can say it", async () => {
    const { phases } = await planFor(said(), said(), said());
    const busy = { code: 1, stdout: "", stderr: "Another transaction is in progress\n" };
    const error = await refusalOf(() => phases.at(-1)!.decide(new Map([["node-1", busy]])));
    expect([error.code, error.message]).toEqual([
      "STORAGE_UNKNOWN",
      expect.stringContaining("Another transaction"),
    ]);
  });

  it("prints these commands in a dry run", async () => {
    const broken = said({ bricks: [1, 0, 1], mounted: false });
    const { phases } = await planFor(broken, broken, broken);
    expect(await dryRun(phases, () => none)).toMatchSnapshot();
  });
});
