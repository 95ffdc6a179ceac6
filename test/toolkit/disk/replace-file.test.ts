import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { makePrivateDirectory, replaceFile } from "../../../src/toolkit/disk/replace-file.ts";

describe("replacing a file", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mailbastion-disk-"));
  });

  it("puts another file in its place, with the exact mode, and leaves nothing beside it", async () => {
    const path = join(folder, "file");
    await writeFile(path, "old", { mode: 0o666 });
    const { ino } = await stat(path);
    await replaceFile(path, "new", 0o640);
    expect(await readFile(path, "utf8")).toBe("new");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await stat(path)).ino).not.toBe(ino);
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it("leaves the old file and no half of a new one when it fails", async () => {
    const path = join(folder, "taken");
    await mkdir(join(path, "full"), { recursive: true });
    await expect(replaceFile(path, "new", 0o600)).rejects.toThrow();
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  it("finds directories that are open to their owner alone", async () => {
    await makePrivateDirectory(join(folder, "a", "b"));
    for (const name of ["a", "a/b"]) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o700);
  });
});
