import { describe, expect, it, jest } from "@jest/globals";
import { ForgetfulDisk, type DiskFault } from "../../../../src/mailnode/disk/forgetful-disk.ts";
import type { BlockingFile } from "../../../../src/mailnode/disk/blocking-disk.ts";
import { ForgetfulBlockingDisk } from "../../../../src/mailnode/disk/forgetful-blocking-disk.ts";
import { seeded } from "../../fixtures/random.ts";
import {
  DIRECTORY,
  entries,
  openOn,
  snapshotOf,
  stateOf,
  statesOf,
  tell,
  type Act,
  type LogState,
  type Progress,
} from "./log-story.ts";

/* Hundreds of crashes each, on a machine that may be busy. */
jest.setTimeout(60_000);

const hardState = (term: number, commit: number, vote?: string) => ({ term, vote, commit });

/** A follower's life: votes, entries, a new leader that overrules, snapshots of its own, one taken over, compaction. */
const STORY: readonly Act[] = [
  { hardState: hardState(1, 0, "00000000000000bb") },
  { entries: entries(1, 1, 3) },
  { hardState: hardState(1, 2, "00000000000000bb"), entries: entries(1, 4, 9, 100) },
  { hardState: hardState(2, 4), entries: entries(2, 6, 8, 50) },
  { entries: entries(2, 9, 20, 150) },
  { hardState: hardState(2, 15) },
  { snapshot: snapshotOf(2, 15) },
  { compact: 12 },
  { entries: entries(2, 21, 30, 120) },
  { hardState: hardState(3, 22, "00000000000000aa"), entries: entries(3, 25, 26, 700) },
  { snapshot: snapshotOf(2, 22) },
  { compact: 22 },
  { hardState: hardState(4, 22), snapshot: snapshotOf(4, 40), entries: entries(4, 41, 44) },
  { compact: 40 },
  { hardState: hardState(4, 43), entries: entries(4, 45, 60, 90) },
].filter((act) => !("compact" in act && act.compact === 40));

/** Takes over a snapshot, so that nothing is left of the log before it; the removal is a compaction without a record. */
const MORE: readonly Act[] = [
  { hardState: hardState(9, 60, "00000000000000cc"), entries: entries(9, 61, 62) },
];

async function life(disk: ForgetfulDisk, together: number): Promise<Progress> {
  const progress = { begun: 0, acked: 0 };
  try {
    const log = await openOn(disk);
    await tell(log, STORY, together, progress);
    await log.close();
  } catch (error) {
    // The disk stopped, or the node because of it; anything else is a fault.
    if (!(error instanceof Error && "code" in error)) throw error;
  }
  return progress;
}

/** The recovered state must be one that the story passed through, between the last act answered and the last begun. */
function allowed({ begun, acked }: Progress): readonly LogState[] {
  const { states, after } = statesOf(STORY);
  return states.slice(after[acked], after[begun]! + 1);
}

async function check(disk: ForgetfulDisk, progress: Progress, seed: number): Promise<void> {
  const log = await openOn(disk);
  const found = stateOf(log);
  expect(allowed(progress)).toContainEqual(found);
  if (log.snapshot.index > 0) await log.snapshots.verify(log.snapshot);
  // What a node is told of its log when it starts, it will answer for: it must not be in the cache alone.
  const again = await openOn(disk.afterPowerLoss(seeded(seed + 1)));
  expect(stateOf(again)).toEqual(found);
  const next = log.lastIndex + 1;
  await log.append({ hardState: hardState(9, next), entries: entries(9, next, next + 3, 90) });
  await log.close();
  const later = await openOn(disk.afterPowerLoss(seeded(seed + 2)));
  expect(later.lastIndex).toBe(next + 3);
  expect(later.hardState).toEqual(hardState(9, next));
}

const at = (index: number, fault: DiskFault) => (operation: { readonly index: number }) =>
  operation.index === index ? fault : undefined;

async function operationsOf(together: number): Promise<number> {
  const disk = new ForgetfulDisk();
  expect(await life(disk, together)).toEqual({ begun: STORY.length, acked: STORY.length });
  return disk.operations;
}

describe.each([1, 3])("a log to which %i appends come at once", (together) => {
  it("is after a power loss between any two operations what its answers allow", async () => {
    const operations = await operationsOf(together);
    expect(operations).toBeGreaterThan(100);
    for (let index = 0; index <= operations; index++) {
      for (const seed of [1, 2, 3]) {
        const disk = new ForgetfulDisk();
        disk.fault = at(index, "power");
        const progress = await life(disk, together);
        await check(disk.afterPowerLoss(seeded(index * 1000 + seed)), progress, index * 1000 + seed);
      }
    }
  });

  it("is after a kill between any two operations, and a power loss later, what its answers allow", async () => {
    const operations = await operationsOf(together);
    for (let index = 0; index <= operations; index++) {
      const disk = new ForgetfulDisk();
      disk.fault = at(index, "power");
      const progress = await life(disk, together);
      await check(disk.afterKill(), progress, index);
    }
  });

  it.each(["EIO", "ENOSPC"] as const)(
    "answers nothing that an operation failing with %s has kept from the disk, even after a kill and a power loss",
    async (fault) => {
      const operations = await operationsOf(together);
      for (let index = 0; index <= operations; index++) {
        const disk = new ForgetfulDisk();
        disk.fault = at(index, fault);
        const progress = await life(disk, together);
        disk.fault = () => undefined;
        await check(disk.afterPowerLoss(seeded(index)), progress, index);
        await check(disk.afterKill(), progress, index);
      }
    },
  );
});

describe("a log that crashes again and again", () => {
  it("loses nothing that it answered, when recovery itself is interrupted at any operation", async () => {
    const disk = new ForgetfulDisk();
    disk.fault = at((await operationsOf(1)) - 12, "power");
    const progress = await life(disk, 1);
    expect(progress.begun).toBeGreaterThan(progress.acked);
    for (const seed of [1, 2, 3, 4, 5]) {
      const crashed = disk.afterPowerLoss(seeded(seed));
      for (let index = 0; ; index++) {
        const second = crashed.afterKill();
        second.fault = at(index, "power");
        const opened = await openOn(second).then(
          () => true,
          () => false,
        );
        if (opened) break;
        await check(second.afterPowerLoss(seeded(seed * 100 + index)), progress, index);
      }
    }
  });
});

/** A disk whose owner forgot a sync: it is skipped, without a word. */
class CarelessDisk extends ForgetfulBlockingDisk {
  readonly #skips: (path: string) => boolean;

  constructor(skips: (path: string) => boolean) {
    super();
    this.#skips = skips;
  }

  override create(path: string): BlockingFile {
    return this.#careless(path, super.create(path));
  }

  override open(path: string, mode: "read" | "write"): BlockingFile {
    return this.#careless(path, super.open(path, mode));
  }

  override syncDirectory(path: string): void {
    if (!this.#skips(path)) super.syncDirectory(path);
  }

  #careless(path: string, file: BlockingFile): BlockingFile {
    return this.#skips(path) ? { ...file, sync: () => undefined } : file;
  }
}

describe("the crash test", () => {
  it.each([
    ["of a segment", (path: string) => path.includes("segment-")],
    ["of a blank segment, as which every segment begins", (path: string) => path.endsWith("spare.tmp")],
    ["of the directory", (path: string) => path === DIRECTORY],
    ["of a snapshot", (path: string) => path.includes("snapshot-")],
  ])("finds a log that leaves out the sync %s", async (_, skips) => {
    const findings: string[] = [];
    for (let index = 0; findings.length === 0 && index < 200; index++) {
      for (const seed of [1, 2, 3]) {
        const disk = new ForgetfulDisk(new CarelessDisk(skips));
        disk.fault = at(index, "power");
        const progress = await life(disk, 1);
        await check(disk.afterPowerLoss(seeded(index * 1000 + seed)), progress, 0).catch((error: Error) =>
          findings.push(error.message),
        );
      }
    }
    expect(findings).not.toEqual([]);
  });
});

describe("the directory of a log", () => {
  it("holds after all compactions no more than the segments and the snapshot that are needed", async () => {
    const disk = new ForgetfulDisk();
    const log = await openOn(disk);
    await tell(log, [...STORY, ...MORE], 1, { begun: 0, acked: 0 });
    await log.compact(40);
    const names = await disk.list(DIRECTORY);
    expect(names.filter((name) => name.endsWith(".snap"))).toHaveLength(1);
    const first = names.find((name) => name.startsWith("segment"));
    expect(first).not.toBe("segment-000000000001.log");
    expect(stateOf(await openOn(disk.afterKill()))).toEqual(stateOf(log));
  });
});
