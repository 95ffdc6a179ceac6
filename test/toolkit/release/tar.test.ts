import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { tar, type TarEntry } from "../../../src/toolkit/release/tar.ts";

async function archive(entries: readonly TarEntry[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of tar(entries)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("a tar archive", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "tar-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("is unpacked by the system's tar to the same content and mode", async () => {
    const large = join(directory, "large");
    await writeFile(large, "x".repeat(200_000));
    const bytes = await archive([
      { path: "bin/program", mode: 0o755, content: "#!/bin/sh\n" },
      { path: "block", mode: 0o644, content: "y".repeat(512) },
      { path: "empty", mode: 0o644, content: "" },
      { path: "large", mode: 0o600, content: { file: large } },
    ]);
    const target = join(directory, "out");
    execFileSync("mkdir", [target]);
    execFileSync("tar", ["-xf", "-", "-C", target], { input: bytes });
    expect(await readFile(join(target, "bin/program"), "utf8")).toBe("#!/bin/sh\n");
    expect((await stat(join(target, "bin/program"))).mode & 0o777).toBe(0o755);
    expect(await readFile(join(target, "block"), "utf8")).toBe("y".repeat(512));
    expect(await readFile(join(target, "empty"), "utf8")).toBe("");
    expect(await readFile(join(target, "large"), "utf8")).toBe("x".repeat(200_000));
  });

  it("has the same bytes for the same content, whenever it is made", async () => {
    const entries = [{ path: "a", mode: 0o644, content: "a" }];
    expect(await archive(entries)).toEqual(await archive(entries));
  });

  it("refuses a name that the format cannot hold", async () => {
    await expect(archive([{ path: "x".repeat(101), mode: 0o644, content: "" }])).rejects.toThrow(
      "longer than",
    );
  });
});
