import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  prepareDatabase,
  streamDatabase,
  unpackDatabase,
} from "../../../../src/toolkit/services/galera/backup.ts";
import { runWith } from "../shell.ts";

/* mariabackup itself is a stand-in: it needs a server. What is tested is what the shell around it makes of its end. */

const anywhere = { localFile: "/nowhere" };
const mbstream = 'cat >"$3/xtrabackup_checkpoints"';

describe("the copy of a database", () => {
  it("is what mariabackup prints, compressed", () => {
    const answer = runWith(streamDatabase(anywhere).argv, {
      programs: { mariabackup: 'echo "$@"; echo noise >&2', zstd: "sed 's/^/compressed: /'" },
    });
    expect(answer).toMatchObject({ code: 0, stderr: "" });
    expect(answer.stdout).toMatch(
      /^compressed: --backup --stream=mbstream --galera-info --user=root --target-dir=/,
    );
  });

  it("fails where mariabackup does, even when it had printed something, and says its last words", () => {
    const answer = runWith(streamDatabase(anywhere).argv, {
      programs: { mariabackup: "echo half; echo 'InnoDB: no space' >&2; exit 1", zstd: "cat" },
    });
    expect(answer).toMatchObject({ code: 1, stderr: "InnoDB: no space\n" });
  });

  it("fails where the compression does", () => {
    const answer = runWith(streamDatabase(anywhere).argv, {
      programs: { mariabackup: "echo whole", zstd: "cat >/dev/null; exit 3" },
    });
    expect(answer.code).not.toBe(0);
  });
});

describe("the folder into which a copy is unpacked", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mailbastion-aside-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is there only when all of it unpacks: the disk may be that of a server at work", () => {
    const into = join(folder, "new");
    const unpack = (programs: Readonly<Record<string, string>>) =>
      runWith(unpackDatabase(anywhere, into, 6).argv, { programs, stdin: "stream" });
    expect(unpack({ zstd: "cat", mbstream }).code).toBe(0);
    expect(readFileSync(join(into, "xtrabackup_checkpoints"), "utf8")).toBe("stream");
    expect(unpack({ zstd: "cat; exit 1", mbstream })).toMatchObject({
      code: 1,
      stderr: "the copy does not unpack\n",
    });
    expect(existsSync(into)).toBe(false);
    expect(unpack({ zstd: "cat", mbstream: "cat >/dev/null" })).toMatchObject({
      code: 1,
      stderr: "the copy is not whole\n",
    });
    expect(existsSync(into)).toBe(false);
    expect(unpack({ zstd: "cat", mbstream: `${mbstream}; exit 2` }).code).not.toBe(0);
    expect(existsSync(into)).toBe(false);
  });

  it("is not begun where the disk has not the room, and a tenth of it besides", () => {
    const into = join(folder, "new");
    const programs = {
      df: "echo head; echo disk 2000 900 1100 45% /",
      zstd: "echo begun >&2; cat",
      mbstream,
    };
    const unpack = (bytes: number) =>
      runWith(unpackDatabase(anywhere, into, bytes).argv, { programs, stdin: "stream" });
    expect(unpack(1000 * 1024)).toMatchObject({
      code: 1,
      stderr: `the copy needs 1100 KiB, and there are 1100 KiB free for ${into}\n`,
    });
    expect(existsSync(into)).toBe(false);
    expect(unpack(999 * 1024)).toMatchObject({ code: 0, stderr: "begun\n" });
  });

  it("is gone where what is unpacked cannot be made consistent", () => {
    const into = join(folder, "new");
    const prepare = (mariabackup: string) => {
      mkdirSync(into, { recursive: true });
      return runWith(prepareDatabase(into).argv, { programs: { mariabackup } });
    };
    expect(prepare("exit 0").code).toBe(0);
    expect(existsSync(into)).toBe(true);
    expect(prepare("echo 'No space left'; exit 1")).toMatchObject({ code: 1, stderr: "No space left\n" });
    expect(existsSync(into)).toBe(false);
  });
});
