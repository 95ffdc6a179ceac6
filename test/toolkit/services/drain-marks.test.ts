import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { putMark, removeMark } from "../../../src/toolkit/services/drain-marks.ts";
import { runWith } from "./shell.ts";

describe("a drain's mark on a machine", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mark-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is put into a folder that is not there yet, readable by every service, and leaves nothing beside it", () => {
    const path = join(folder, "drain", "balancer", "node-2");
    const command = putMark(path, '{"machine":"node-2"}\n');
    expect(command.mutates).toBe(true);
    expect(runWith(command.argv, { stdin: command.stdin as string }).code).toBe(0);
    expect(readFileSync(path, "utf8")).toBe('{"machine":"node-2"}\n');
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(statSync(join(folder, "drain", "balancer")).mode & 0o777).toBe(0o755);
    expect(readdirSync(join(folder, "drain", "balancer"))).toEqual(["node-2"]);
  });

  it("replaces an earlier one as a whole", () => {
    const path = join(folder, "drained");
    writeFileSync(path, "something much longer than the next one\n");
    const command = putMark(path, "short\n");
    runWith(command.argv, { stdin: command.stdin as string });
    expect(readFileSync(path, "utf8")).toBe("short\n");
  });

  it("is taken away, and once more without an error", () => {
    const path = join(folder, "drained");
    writeFileSync(path, "");
    const { argv } = removeMark(path);
    expect([runWith(argv, {}).code, runWith(argv, {}).code]).toEqual([0, 0]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
