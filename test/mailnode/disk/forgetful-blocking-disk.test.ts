import { describe, expect, it } from "@jest/globals";
import { SECTOR } from "../../../src/mailnode/disk/disk.ts";
import { ForgetfulBlockingDisk } from "../../../src/mailnode/disk/forgetful-blocking-disk.ts";
import { seeded } from "../fixtures/random.ts";

/** A disk with a durable file of four sectors of ones. */
function diskWithFile() {
  const disk = new ForgetfulBlockingDisk();
  disk.makeDirectory("/a");
  const file = disk.create("/a/x");
  file.write(0, [new Uint8Array(4 * SECTOR).fill(1)]);
  file.sync();
  disk.syncDirectory("/a");
  return { disk, file };
}

/** The value of each sector of the file, undefined for one that is not all of one value. */
function sectorsOf(disk: ForgetfulBlockingDisk): (number | undefined)[] {
  const content = disk.content("/a/x");
  return [0, 1, 2, 3].map((sector) => {
    const bytes = new Set(content.subarray(sector * SECTOR, (sector + 1) * SECTOR));
    return bytes.size === 1 ? [...bytes][0] : undefined;
  });
}

describe("a disk that forgets, with calls that block", () => {
  it("reads what was written, over what was there, in as many pieces as it came", () => {
    const { file } = diskWithFile();
    file.write(3, [Uint8Array.of(2, 2), Uint8Array.of(3)]);
    expect([...file.read(2, 5)]).toEqual([1, 2, 2, 3, 1]);
    expect(file.read(4 * SECTOR - 1, 10)).toHaveLength(1);
    expect(file.size()).toBe(4 * SECTOR);
  });

  it("ages as it is told to: a bit turned over, a sector that reads as zeros, also after a power loss", () => {
    const { disk, file } = diskWithFile();
    disk.flip("/a/x", 0, 1);
    disk.blank("/a/x", 2 * SECTOR + 7);
    for (const found of [disk, disk.afterPowerLoss(seeded(1))]) {
      expect(found.content("/a/x")[0]).toBe(3);
      expect(sectorsOf(found)).toEqual([undefined, 1, 0, 1]);
    }
    expect([...file.read(2 * SECTOR - 1, 2)]).toEqual([1, 0]);
  });

  it("writes each sector of an unsynced write whole or not at all, in any order", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const { disk, file } = diskWithFile();
      file.write(0, [new Uint8Array(4 * SECTOR).fill(2)]);
      const found = sectorsOf(disk.afterPowerLoss(seeded(seed)));
      expect(found.every((value) => value === 1 || value === 2)).toBe(true);
      seen.add(found.join(""));
    }
    expect(seen.size).toBe(16);
  });

  it("keeps a synced write, and what was there before where a later one was lost", () => {
    const { disk, file } = diskWithFile();
    file.write(0, [new Uint8Array(SECTOR).fill(2)]);
    file.sync();
    file.write(0, [new Uint8Array(SECTOR).fill(3)]);
    const seen = new Set(
      Array.from({ length: 40 }, (_, seed) => sectorsOf(disk.afterPowerLoss(seeded(seed)))[0]),
    );
    expect(seen).toEqual(new Set([2, 3]));
  });

  it("shows what a failed sync covered and keeps what was there before, even when the next sync succeeds", () => {
    const { disk, file } = diskWithFile();
    file.write(0, [new Uint8Array(SECTOR).fill(2)]);
    disk.fault = ({ name }) => (name === "sync" ? "EIO" : undefined);
    expect(() => file.sync()).toThrow("EIO");
    disk.fault = () => undefined;
    file.sync();
    expect(sectorsOf(disk)[0]).toBe(2);
    expect(sectorsOf(disk.afterPowerLoss(seeded(1)))[0]).toBe(1);
  });

  it("copies into space that is there up to the end of a sector when a write fails half way", () => {
    const { disk, file } = diskWithFile();
    disk.fault = () => "ENOSPC";
    expect(() => file.write(100, [new Uint8Array(3 * SECTOR).fill(2)])).toThrow("ENOSPC");
    disk.fault = () => undefined;
    const content = disk.content("/a/x");
    expect(content.lastIndexOf(2)).toBe(SECTOR - 1);
  });

  it("turns over one bit of a file, for good", () => {
    const { disk } = diskWithFile();
    disk.flip("/a/x", 700, 3);
    expect(disk.content("/a/x")[700]).toBe(1 ^ 8);
    expect(disk.afterPowerLoss(seeded(1)).content("/a/x")[700]).toBe(1 ^ 8);
  });

  it("tells a write into a file from one at its end", () => {
    const { disk, file } = diskWithFile();
    const names: string[] = [];
    disk.fault = ({ name }) => void names.push(name);
    file.write(4 * SECTOR, [Uint8Array.of(1)]);
    file.write(0, [Uint8Array.of(1)]);
    file.read(0, 1);
    file.sync();
    disk.open("/a/x", "read").close();
    expect(names).toEqual(["append", "write", "read", "sync", "open", "close"]);
  });
});
