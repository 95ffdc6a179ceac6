import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import type { Disk } from "../../../src/mailnode/disk/disk.ts";
import { ForgetfulDisk, type DiskFault, type Operation } from "../../../src/mailnode/disk/forgetful-disk.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { Spool } from "../../../src/mailnode/queue/spool.ts";
import { accept, bodyIn, bodyOf, envelope } from "../fixtures/messages.ts";
import { seeded } from "../fixtures/random.ts";

/* Thousands of restarts, on a machine that may be busy. */
jest.setTimeout(60_000);

interface Story {
  /** Answered 250. */
  readonly answered: Set<string>;
  /** Whose end was begun: they may be there or not. */
  readonly ending: Set<string>;
  /** Of whom it was written down how far they came. */
  readonly saved: Set<string>;
}

/**
 * Some messages side by side, three of them tried in vain, then one delivered and one set aside; ends early when the
 * disk does.
 */
async function live(disk: Disk): Promise<Story> {
  const story: Story = { answered: new Set(), ending: new Set(), saved: new Set() };
  const ids = ["m1", "m2", "m3", "m4"];
  try {
    const { spool } = await Spool.open(disk, "/spool", systemEnv);
    await Promise.allSettled(
      ids.map(async (id) => {
        await accept(spool, envelope(id));
        story.answered.add(id);
      }),
    );
    const state = { attempts: 1, nextTryAt: 5, pending: ["b@example.com"], failed: [] };
    for (const id of ["m1", "m2", "m3"]) {
      if (!story.answered.has(id)) continue;
      await spool.saveState(id, state);
      story.saved.add(id);
    }
    for (const [id, end] of [
      ["m1", () => spool.finish("m1")],
      ["m3", () => spool.setAside("m3", { ...state, pending: [] })],
    ] as const) {
      if (!story.answered.has(id)) continue;
      story.ending.add(id);
      // As delivery does, which tries again what the disk refused.
      await end().catch(end);
    }
    await accept(spool, envelope("m5"));
    story.answered.add("m5");
  } catch {
    // The disk ended the story.
  }
  return story;
}

/** What is wrong after the restart, in words; nothing when all is well. */
async function faultsAfter(disk: ForgetfulDisk, story: Story): Promise<readonly string[]> {
  const { spool, recovery } = await Spool.open(disk, "/spool", systemEnv);
  const faults = [...recovery.foreign, ...recovery.unreadable.map(({ name }) => name)].map(
    (name) => `${name} is unreadable`,
  );
  const found = new Set(recovery.entries.map(({ envelope: { id } }) => id));
  const aside = new Set(await disk.list("/spool/failed"));
  for (const id of story.answered) {
    if (id === "m3" && aside.has("m3")) continue;
    if (!found.has(id) && !(id === "m1" && story.ending.has(id)))
      faults.push(`${id} was answered and is lost`);
  }
  for (const entry of recovery.entries) {
    const { id } = entry.envelope;
    if ((await bodyIn(spool, entry)) !== bodyOf(id)) faults.push(`${id} is half-written`);
    if (story.saved.has(id) && entry.state.attempts !== 1) faults.push(`${id} would go again to who has it`);
  }
  return faults;
}

async function operationsOf(): Promise<number> {
  const disk = new ForgetfulDisk();
  await live(disk);
  return disk.operations;
}

const at = (index: number, fault: DiskFault) => (operation: Operation) =>
  operation.index === index ? fault : undefined;

describe("a queue whose machine loses its power", () => {
  it("has, at every single operation, all that was answered and nothing half-written", async () => {
    const operations = await operationsOf();
    expect(operations).toBeGreaterThan(40);
    for (let index = 0; index <= operations; index++) {
      for (let seed = 0; seed < 8; seed++) {
        const disk = new ForgetfulDisk();
        disk.fault = at(index, "power");
        const story = await live(disk);
        expect({ index, seed, faults: await faultsAfter(disk.afterPowerLoss(seeded(seed)), story) }).toEqual({
          index,
          seed,
          faults: [],
        });
      }
    }
  });

  it("has it also when the disk had refused an operation before", async () => {
    const operations = await operationsOf();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(operations),
        fc.nat(operations * 2),
        fc.constantFrom<DiskFault>("EIO", "ENOSPC"),
        fc.nat(),
        async (refused, power, fault, seed) => {
          const disk = new ForgetfulDisk();
          disk.fault = ({ index }) => (index === refused ? fault : index === power ? "power" : undefined);
          const story = await live(disk);
          disk.fault = () => undefined;
          expect(await faultsAfter(disk.afterPowerLoss(seeded(seed)), story)).toEqual([]);
        },
      ),
      { numRuns: 600 },
    );
  });

  it("has it when the process alone is killed at every operation", async () => {
    const operations = await operationsOf();
    for (let index = 0; index <= operations; index++) {
      const disk = new ForgetfulDisk();
      disk.fault = at(index, "power");
      const story = await live(disk);
      expect({ index, faults: await faultsAfter(disk.afterKill(), story) }).toEqual({ index, faults: [] });
    }
  });

  it.each(["sync", "syncDirectory"] as const)(
    "would be seen to lose mail if it left out %s",
    async (left) => {
      let caught = 0;
      for (let seed = 0; seed < 40; seed++) {
        const disk = new ForgetfulDisk();
        const story = await live(careless(disk, left));
        caught += (await faultsAfter(disk.afterPowerLoss(seeded(seed)), story)).length;
      }
      expect(caught).toBeGreaterThan(0);
    },
  );
});

/** The same disk for a program that forgot to sync. */
function careless(disk: ForgetfulDisk, left: "sync" | "syncDirectory"): Disk {
  return new Proxy<Disk>(disk, {
    get: (target, key) => {
      if (left === "syncDirectory" && key === left) return () => Promise.resolve();
      if (left === "sync" && key === "create") {
        return async (path: string) => ({ ...(await disk.create(path)), sync: () => Promise.resolve() });
      }
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
