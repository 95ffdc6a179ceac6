import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { EXIT } from "../../../../src/toolkit/cli/exit-codes.ts";
import { mbctl } from "../../../../src/toolkit/cli/mbctl.ts";
import { recordingIo } from "../recording-io.ts";

/** Real programs on a machine that may be busy. */
jest.setTimeout(60_000);

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mailbastion-lab-"));
  file = join(folder, "cluster.yaml");
  copyFileSync("examples/three-machines.yaml", file);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the dry run of a lab's command", () => {
  it.each([
    [["up", "--cidr", "10.77.3.0/24"], "make lab acme with node-1, node-2, node-3 in 10.77.3.0/24"],
    [["down"], "remove lab acme with all its data"],
    [["kill", "node-1", "node-2"], "kill node-1, node-2"],
    [["start", "node-1"], "start node-1"],
    [["pause", "node-1"], "pause node-1"],
    [["unpause", "node-1"], "unpause node-1"],
    [["cut", "node-1", "node-2"], "cut node-1 off from node-2"],
    [["heal"], "undo every cut"],
  ])("%j prints a sentence, and with --json one document", async (words, would) => {
    const run = async (...more: readonly string[]) => {
      const { io, out } = recordingIo({ HOME: folder });
      const code = await mbctl(["lab", ...words, "--dry-run", "--file", file, ...more], io);
      return { code, out };
    };
    expect(await run()).toEqual({ code: EXIT.done, out: [`would ${would}`] });
    const { code, out } = await run("--json");
    expect([code, out.map((text) => JSON.parse(text) as unknown)]).toEqual([
      EXIT.done,
      [{ ok: true, lab: "acme", would }],
    ]);
    expect(readdirSync(folder)).toEqual(["cluster.yaml"]);
  });
});

describe("a person who says no to mbctl lab down", () => {
  /** On a terminal of its own; no engine is there that could be asked. */
  const down = (...more: readonly string[]) => {
    const command = [process.execPath, "src/toolkit/cli/main.ts", "lab", "down", "--file", file, ...more];
    const { CI: _unset, ...rest } = process.env;
    const env = { ...rest, HOME: folder, DOCKER_HOST: `unix://${join(folder, "no.sock")}` };
    const options = { encoding: "utf8", input: "n\n", env, timeout: 50_000 } as const;
    const { status, stdout } = spawnSync("script", ["-qec", command.join(" "), "/dev/null"], options);
    return { status, lines: stripVTControlCharacters(stdout).split(/\r?\n/) };
  };

  it("gets the exit code of a runbook that was declined", () => {
    const { status, lines } = down();
    expect(lines).toContain("nothing was changed");
    expect(status).toBe(EXIT.failed);
  });

  it("gets a document with --json", () => {
    const { status, lines } = down("--json");
    expect(lines).toContain('{"ok":false,"containers":0,"volumes":0,"networks":0}');
    expect(status).toBe(EXIT.failed);
  });
});
