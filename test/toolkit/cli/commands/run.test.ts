import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { EXIT } from "../../../../src/toolkit/cli/exit-codes.ts";
import { mbctl } from "../../../../src/toolkit/cli/mbctl.ts";
import { recordingIo } from "../recording-io.ts";

/** A runbook whose stages are known beforehand: its dry run asks no machine. */
const OWN = `export default {
  name: "touch", summary: "s", isRepeatable: false,
  arguments: { safeParse: (data) => ({ success: true, data }) },
  survey: () => ({ machines: [], command: () => undefined }),
  plan: (_context, { steps = "1" }) => ({
    notes: ["a note"],
    phases: [{
      title: "touch", machines: [], observe: () => undefined,
      decide: () => [Array.from({ length: Number(steps) }, () => ({
        title: "touch a file", machine: "node-1",
        commands: [{ argv: ["touch", "/a"], sudo: true, mutates: true }],
      }))],
    }],
  }),
};\n`;

describe("the dry run of a runbook", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mailbastion-run-"));
    mkdirSync(join(folder, "runbooks"));
    writeFileSync(join(folder, "runbooks", "touch.mjs"), OWN);
    writeFileSync(
      join(folder, "cluster.yaml"),
      `${readFileSync("examples/three-machines.yaml", "utf8")}platform: { kind: hosts }\ntls: { public: { certificateFile: /etc/c.pem, keyFile: /etc/k.pem } }\n`,
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(...args: readonly string[]) {
    const { io, out, err } = recordingIo({ HOME: folder });
    const words = ["run", "touch", "--dry-run", "--file", join(folder, "cluster.yaml"), ...args];
    const code = await mbctl(words, io);
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  it("tells by its exit code whether there is anything to do", async () => {
    const { code, out, err } = await run();
    expect(code).toBe(EXIT.changes);
    expect(out).toMatch(/touch a file\n {4}touch \/a\n.*1 step would be done; nothing was changed$/s);
    expect(err).toBe("a note");
    expect(await run("--set", "steps=0")).toMatchObject({ code: EXIT.done });
  });

  it("shows its plan with --quiet, and nothing beside it", async () => {
    const { code, out, err } = await run("--quiet");
    expect(code).toBe(EXIT.changes);
    expect(out.split("\n")).toEqual([
      expect.stringContaining("touch a file"),
      "    touch /a",
      "1 step would be done; nothing was changed",
    ]);
    expect(err).toBe("");
  });
});
