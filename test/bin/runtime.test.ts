import { describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** A command started by a Node that takes itself for an older one. */
function onNode20(folder: string, args: readonly string[]) {
  const older =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${older}`, join(folder, "bin/mbctl.js"), ...args],
    { encoding: "utf8" },
  );
  return { code: status, stdout, stderr };
}

describe("a command of a checkout on an older Node", () => {
  it("runs on the one that the project pins, arguments and exit code passed on", () => {
    expect(onNode20(root, ["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
    const { code, stderr } = onNode20(root, ["no-such-command"]);
    expect(stderr).toContain("no-such-command");
    expect(code).toBe(spawnSync(process.execPath, [join(root, "bin/mbctl.js"), "no-such-command"]).status);
  });

  it("takes a runbook of one's own that imports the package by its name, though nothing is compiled", () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-runtime-"));
    try {
      // The example lies within the checkout, so that the package's name means the checkout.
      for (const part of ["bin", "src", "templates", "package.json", "examples"])
        cpSync(join(root, part), join(folder, part), {
          recursive: true,
          filter: (path) => !path.includes("/.mailbastion"),
        });
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(folder, "bin/mbctl.js"), "run", "--file", join(folder, "examples/separate-tiers.yaml")],
        { encoding: "utf8", env: { ...process.env, HOME: folder } },
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^rotate-logs {2}/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("says in one sentence what to run where nothing is installed yet", () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-runtime-"));
    try {
      for (const part of ["bin", "package.json", "src/toolkit/cli/main.ts"])
        cpSync(join(root, part), join(folder, part), { recursive: true });
      const { code, stderr } = onNode20(folder, ["--version"]);
      expect(stderr).toMatch(
        new RegExp(`^This needs Node 24 or later and runs on .*npm ci --prefix ${folder}\n$`),
      );
      expect(code).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
