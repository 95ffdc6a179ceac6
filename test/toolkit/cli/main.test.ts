import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "@jest/globals";

describe("the program", () => {
  it("goes on to its end when nobody reads its output any more", () => {
    const script = '{ "$1" src/toolkit/cli/main.ts --help; echo "ended with $?" >&2; } | true';
    const { stderr } = spawnSync("sh", ["-c", script, "sh", process.execPath], { encoding: "utf8" });
    expect(stderr).toBe("ended with 0\n");
  });

  it("prints no colours with --no-color", () => {
    // Files can be put, and no program is there that would check them, so that it is done at once.
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-colour-"));
    for (const name of ["sh", "install", "dirname", "base64", "chmod"])
      symlinkSync(execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim(), join(folder, name)); // prettier-ignore
    const { NO_COLOR: _unset, ...rest } = process.env;
    const env = { ...rest, PATH: folder, FORCE_COLOR: "1" };
    const validate = (...args: readonly string[]) => {
      const words = [
        "src/toolkit/cli/main.ts",
        "validate",
        "--file",
        "examples/three-machines.yaml",
        ...args,
      ];
      return spawnSync(process.execPath, words, { encoding: "utf8", env }).stdout;
    };
    try {
      const coloured = validate();
      expect(coloured).toContain("\u001b[");
      expect(validate("--no-color")).toBe(stripVTControlCharacters(coloured));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
