import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { setAside, streamDatabase, unpackDatabase } from "../../../../src/toolkit/services/galera/backup.ts";
import { runWith } from "../shell.ts";

/* mariabackup itself is a stand-in: it needs a server. What is tested is what the shell around it makes of its end. */

const anywhere = { localFile: "/nowhere" };

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

describe("folders of a restore", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mailbastion-aside-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are emptied into another one, hidden files too, and a second time moves only what is left", () => {
    const [data, aside] = [join(folder, "data"), join(folder, "aside")];
    mkdirSync(join(data, "app"), { recursive: true });
    writeFileSync(join(data, "app", "t.ibd"), "rows");
    writeFileSync(join(data, ".hidden"), "");
    expect(runWith(setAside(data, aside).argv, {}).code).toBe(0);
    expect(readdirSync(data)).toEqual([]);
    expect(readFileSync(join(aside, "app", "t.ibd"), "utf8")).toBe("rows");

    writeFileSync(join(data, "late"), "");
    expect(runWith(setAside(data, aside).argv, {}).code).toBe(0);
    expect(readdirSync(aside).toSorted()).toEqual([".hidden", "app", "late"]);
  });

  it("that are not there need not be emptied", () => {
    expect(runWith(setAside(join(folder, "none"), join(folder, "aside")).argv, {}).code).toBe(0);
    expect(existsSync(join(folder, "aside"))).toBe(false);
  });

  it("are filled by a copy only when all of it unpacks", () => {
    const into = join(folder, "new");
    const unpack = (programs: Readonly<Record<string, string>>) =>
      runWith(unpackDatabase(anywhere, into).argv, { programs, stdin: "stream" });
    const mbstream = 'cat >"$3/xtrabackup_checkpoints"';
    expect(unpack({ zstd: "cat", mbstream }).code).toBe(0);
    expect(readFileSync(join(into, "xtrabackup_checkpoints"), "utf8")).toBe("stream");
    expect(unpack({ zstd: "cat; exit 1", mbstream })).toMatchObject({
      code: 1,
      stderr: "the copy does not unpack\n",
    });
    expect(unpack({ zstd: "cat", mbstream: "cat >/dev/null" })).toMatchObject({
      code: 1,
      stderr: "the copy is not whole\n",
    });
    expect(unpack({ zstd: "cat", mbstream: `${mbstream}; exit 2` }).code).not.toBe(0);
  });
});
