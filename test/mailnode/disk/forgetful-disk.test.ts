import { describe, expect, it } from "@jest/globals";
import { ForgetfulDisk } from "../../../src/mailnode/disk/forgetful-disk.ts";
import { readText } from "../../../src/mailnode/disk/disk.ts";
import { seeded } from "../fixtures/random.ts";

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

async function diskWith(): Promise<ForgetfulDisk> {
  const disk = new ForgetfulDisk();
  await disk.makeDirectory("/a");
  await disk.makeDirectory("/b");
  return disk;
}

async function write(disk: ForgetfulDisk, path: string, text: string, sync: boolean): Promise<void> {
  const file = await disk.create(path);
  await file.append(Buffer.from(text));
  if (sync) await file.sync();
  await file.close();
}

async function found(disk: ForgetfulDisk, path: string): Promise<string | undefined> {
  return readText(disk, path).catch(() => undefined);
}

describe("a disk that forgets", () => {
  it("keeps content and name that were synced, whatever chance decides", async () => {
    for (const seed of SEEDS) {
      const disk = await diskWith();
      await write(disk, "/a/x", "content", true);
      await disk.syncDirectory("/a");
      expect(await found(disk.afterPowerLoss(seeded(seed)), "/a/x")).toBe("content");
    }
  });

  it("may lose, cut or blank content that was not synced", async () => {
    const seen = new Set<string | undefined>();
    for (const seed of SEEDS) {
      const disk = await diskWith();
      await write(disk, "/a/x", "content", false);
      await disk.syncDirectory("/a");
      seen.add(await found(disk.afterPowerLoss(seeded(seed)), "/a/x"));
    }
    expect(seen).toContain("");
    expect(seen).toContain("content");
    expect(seen).toContain("\0".repeat(7));
    expect([...seen].some((text) => text && text.length < 7)).toBe(true);
  });

  it("may lose a name whose directory was not synced, though the content was", async () => {
    const outcomes = await Promise.all(
      SEEDS.map(async (seed) => {
        const disk = await diskWith();
        await write(disk, "/a/x", "content", true);
        return found(disk.afterPowerLoss(seeded(seed)), "/a/x");
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set(["content", undefined]));
  });

  it("does a rename within a directory as a whole or not at all", async () => {
    for (const seed of SEEDS) {
      const disk = await diskWith();
      await write(disk, "/a/old", "new content", true);
      await write(disk, "/a/x", "old content", true);
      await disk.syncDirectory("/a");
      await disk.rename("/a/old", "/a/x");
      const after = disk.afterPowerLoss(seeded(seed));
      const renamed = (await after.list("/a")).length === 1;
      expect(await found(after, "/a/x")).toBe(renamed ? "new content" : "old content");
    }
  });

  it("may leave a file under both names, or neither, after a rename between two directories", async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const disk = await diskWith();
      await write(disk, "/a/x", "content", true);
      await disk.syncDirectory("/a");
      await disk.rename("/a/x", "/b/x");
      const after = disk.afterPowerLoss(seeded(seed));
      seen.add(`${(await after.list("/a")).length}${(await after.list("/b")).length}`);
    }
    expect(seen).toEqual(new Set(["00", "01", "10", "11"]));
  });

  it("loses what a failed sync covered even when the next sync succeeds, as Linux does", async () => {
    const disk = await diskWith();
    const file = await disk.create("/a/x");
    await file.append(Buffer.from("content"));
    disk.fault = ({ name }) => (name === "sync" ? "EIO" : undefined);
    await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
    disk.fault = () => undefined;
    await file.sync();
    await disk.syncDirectory("/a");
    expect(await found(disk, "/a/x")).toBe("content");
    expect(await found(disk.afterPowerLoss(seeded(1)), "/a/x")).toBe("\0".repeat(7));
  });

  it("writes half of what does not fit and says so", async () => {
    const disk = await diskWith();
    const file = await disk.create("/a/x");
    disk.fault = () => "ENOSPC";
    await expect(file.append(Buffer.from("content"))).rejects.toMatchObject({ code: "ENOSPC" });
    disk.fault = () => undefined;
    expect(await found(disk, "/a/x")).toBe("con");
  });

  it("counts a file once, whatever its names, for what is left of its capacity", async () => {
    const disk = await diskWith();
    disk.blocking.capacity = 100;
    await write(disk, "/a/x", "content", false);
    await disk.link("/a/x", "/a/y");
    expect([await disk.size("/a/y"), await disk.freeBytes("/a")]).toEqual([7, 93]);
    await disk.remove("/a/x");
    expect(await disk.afterKill().freeBytes("/a")).toBe(93);
    await disk.remove("/a/y");
    expect(await disk.freeBytes("/a")).toBe(100);
    await expect(disk.size("/a/y")).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("says of a link from nothing that there is nothing, also when the name is taken", async () => {
    const disk = await diskWith();
    await write(disk, "/a/x", "content", true);
    await expect(disk.link("/a/y", "/a/x")).rejects.toMatchObject({ code: "ENOENT" });
    await write(disk, "/a/y", "content", true);
    await expect(disk.link("/a/y", "/a/x")).rejects.toMatchObject({ code: "EEXIST" });
  });

  it("does nothing more once the power is gone", async () => {
    const disk = await diskWith();
    disk.fault = () => "power";
    await expect(disk.create("/a/x")).rejects.toMatchObject({ code: "EPOWER" });
    disk.fault = () => undefined;
    await expect(disk.list("/a")).rejects.toMatchObject({ code: "EPOWER" });
  });

  it("keeps everything when only the process dies", async () => {
    const disk = await diskWith();
    await write(disk, "/a/x", "content", false);
    expect(await found(disk.afterKill(), "/a/x")).toBe("content");
  });
});
