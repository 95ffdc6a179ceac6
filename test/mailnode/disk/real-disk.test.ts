import { mkdtemp, readdir, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readText } from "../../../src/mailnode/disk/disk.ts";
import { SmallDisk } from "../fixtures/small-disk.ts";
import { until } from "../fixtures/until.ts";
import { realDisk } from "../../../src/mailnode/disk/real-disk.ts";

describe("the real disk", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "real-disk-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("makes nested directories for its user alone, and again without complaint", async () => {
    const path = join(directory, "one", "two");
    await realDisk.makeDirectory(path);
    await realDisk.makeDirectory(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it("writes, syncs, renames, lists, reads from a place on, and removes", async () => {
    const file = await realDisk.create(join(directory, "b"));
    await file.append(Buffer.from("hello "));
    await file.append(Buffer.from("world"));
    await file.sync();
    await file.close();
    await realDisk.rename(join(directory, "b"), join(directory, "a"));
    await realDisk.syncDirectory(directory);
    expect(await realDisk.list(directory)).toEqual(["a"]);
    expect(await readText(realDisk, join(directory, "a"))).toBe("hello world");
    const pieces: Uint8Array[] = [];
    for await (const piece of realDisk.read(join(directory, "a"), 6)) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe("world");
    expect((await stat(join(directory, "a"))).mode & 0o777).toBe(0o600);
    await realDisk.remove(join(directory, "a"));
    expect(await realDisk.list(directory)).toEqual([]);
  });

  it("opens a file only when it is read, and closes it when reading ends early", async () => {
    const path = join(directory, "large");
    await writeFile(path, "x".repeat(500_000));
    const open = async () =>
      (
        await Promise.all(
          (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
        )
      ).filter((target) => target === path).length;
    const unread = realDisk.read(path);
    expect(await open()).toBe(0);
    for await (const piece of unread) {
      expect(piece.length).toBeGreaterThan(0);
      expect(await open()).toBe(1);
      break;
    }
    await until(async () => (await open()) === 0);
  });

  it("tells how large a file is and how much is free, and that a file is not there", async () => {
    const disk = await SmallDisk.mount(4);
    try {
      const before = await realDisk.freeBytes(disk.path);
      expect(before).toBe(4 * 2 ** 20);
      await writeFile(join(disk.path, "a"), Buffer.alloc(5000));
      expect(await realDisk.size(join(disk.path, "a"))).toBe(5000);
      expect(await realDisk.freeBytes(disk.path)).toBe(before - 8192);
      await expect(realDisk.size(join(disk.path, "b"))).rejects.toMatchObject({ code: "ENOENT" });
    } finally {
      await disk.unmount();
    }
  });

  it("says of a link from nothing that there is nothing, also when the name is taken", async () => {
    const [from, to] = [join(directory, "a"), join(directory, "b")];
    await writeFile(to, "");
    await expect(realDisk.link(from, to)).rejects.toMatchObject({ code: "ENOENT" });
    await writeFile(from, "");
    await expect(realDisk.link(from, to)).rejects.toMatchObject({ code: "EEXIST" });
  });

  it("refuses to create over a file that is there", async () => {
    await (await realDisk.create(join(directory, "a"))).close();
    await expect(realDisk.create(join(directory, "a"))).rejects.toMatchObject({ code: "EEXIST" });
  });
});
