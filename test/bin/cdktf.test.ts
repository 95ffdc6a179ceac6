import { describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cdktf = fileURLToPath(new URL("../../bin/cdktf.js", import.meta.url));

describe("cdktf", () => {
  it("is the CLI that is maintained", () => {
    const { status, stdout } = spawnSync(process.execPath, [cdktf, "--version"], { encoding: "utf8" });
    expect(stdout).toMatch(/^0\.24\.0$/m);
    expect(status).toBe(0);
  });

  it("passes on that a command failed", () => {
    const { status } = spawnSync(process.execPath, [cdktf, "no-such-command"], { encoding: "utf8" });
    expect(status).toBeGreaterThan(0);
  });

  it("says what to install where the CLI is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-cdktf-"));
    try {
      copyFileSync(cdktf, join(folder, "cdktf.js"));
      writeFileSync(join(folder, "package.json"), '{"type":"module"}');
      const { status, stderr } = spawnSync(process.execPath, ["cdktf.js", "synth"], {
        cwd: folder,
        encoding: "utf8",
      });
      expect(stderr).toContain("run: npm install --save-dev cdktn-cli@0.24");
      expect(status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
