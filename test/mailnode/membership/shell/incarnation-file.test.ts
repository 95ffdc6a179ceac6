import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realDisk } from "../../../../src/mailnode/disk/real-disk.ts";
import { IncarnationFile } from "../../../../src/mailnode/membership/shell/incarnation-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mailbastion-gossip-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("the file of used incarnations", () => {
  it("says 0 for a new node, and else the first that was never used", async () => {
    const file = new IncarnationFile(realDisk, directory);
    expect(await file.read()).toBe(0);
    await file.reserve(1_000);
    await file.reserve(2_000);
    expect(await new IncarnationFile(realDisk, directory).read()).toBe(2_001);
    expect(await readdir(directory)).toEqual(["gossip-incarnation"]);
  });

  it("is written though a crash left a half-written one beside it", async () => {
    await writeFile(join(directory, "gossip-incarnation.new"), "gossip inc");
    const file = new IncarnationFile(realDisk, directory);
    await file.reserve(5);
    expect(await file.read()).toBe(6);
  });

  it.each([
    "",
    "gossip incarnations below 99999999999999999 are used\n",
    "gossip incarnations below 7",
    "\0\0\0",
  ])("that holds %j is told apart from none", async (content) => {
    await writeFile(join(directory, "gossip-incarnation"), content);
    expect(await new IncarnationFile(realDisk, directory).read()).toBeUndefined();
  });

  it("passes on what the disk says", async () => {
    const full = {
      ...realDisk,
      create: async () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })),
    };
    await expect(new IncarnationFile(full, directory).reserve(1)).rejects.toMatchObject({ code: "ENOSPC" });
  });
});
