import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { realBlockingDisk as disk } from "../../../src/mailnode/disk/real-blocking-disk.ts";

describe("the machine's disk, with calls that block", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "disk-"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it("writes pieces one after the other, more than one call of the kernel takes, and reads them", () => {
    const file = disk.create(join(home, "x"));
    const pieces = Array.from({ length: 3000 }, (_, i) => Uint8Array.of(i & 255, i >> 8));
    file.write(10, [...pieces, new Uint8Array(0)]);
    file.sync();
    expect(file.size()).toBe(10 + 6000);
    expect(Buffer.from(file.read(10, 9000))).toEqual(Buffer.concat(pieces));
    file.close();
    expect(readFileSync(join(home, "x")).subarray(0, 10)).toEqual(Buffer.alloc(10));
  });

  it("writes over what is there", () => {
    const path = join(home, "x");
    disk.create(path).write(0, [Buffer.from("abcdef")]);
    const again = disk.open(path, "write");
    again.write(2, [Buffer.from("XY")]);
    again.close();
    expect(readFileSync(path, "utf8")).toBe("abXYef");
  });

  it("makes folders and files that only their owner may read, and says nothing when a folder is there", () => {
    disk.makeDirectory(join(home, "a", "b"));
    disk.makeDirectory(join(home, "a", "b"));
    disk.create(join(home, "a", "b", "x")).close();
    expect(statSync(join(home, "a")).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, "a", "b", "x")).mode & 0o777).toBe(0o600);
  });

  it("renames, removes, lists and syncs a directory", () => {
    for (const name of ["b", "a"]) disk.create(join(home, name)).close();
    disk.rename(join(home, "b"), join(home, "c"));
    disk.syncDirectory(home);
    expect(disk.list(home)).toEqual(["a", "c"]);
    disk.remove(join(home, "a"));
    expect(disk.list(home)).toEqual(["c"]);
  });

  it("says with the codes of node:fs what it refuses", () => {
    disk.create(join(home, "x")).close();
    expect(() => disk.create(join(home, "x"))).toThrow(expect.objectContaining({ code: "EEXIST" }));
    expect(() => disk.open(join(home, "y"), "read")).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });
});
