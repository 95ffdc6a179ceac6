import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { until } from "../../mailnode/fixtures/until.ts";

describe("the program", () => {
  it("goes on to its end when nobody reads its output any more", () => {
    const script = '{ "$1" src/toolkit/cli/main.ts --help; echo "ended with $?" >&2; } | true';
    const { stderr } = spawnSync("sh", ["-c", script, "sh", process.execPath], { encoding: "utf8" });
    expect(stderr).toBe("ended with 0\n");
  });

  it("goes on to its end when its terminal is closed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-terminal-"));
    // Has the terminal open, and goes on when it is gone.
    const held = join(folder, "held.mjs");
    writeFileSync(
      held,
      `import { existsSync, writeFileSync } from "node:fs";
      process.on("SIGHUP", () => undefined);
      process.on("exit", (code) => writeFileSync("ended", String(code)));
      process.stdout.write("up");
      writeFileSync("up", "");
      while (!existsSync("gone")) await new Promise((resolve) => setTimeout(resolve, 20));`,
    );
    const main = join(process.cwd(), "src/toolkit/cli/main.ts");
    const command = `exec '${process.execPath}' --import '${held}' '${main}' --help`;
    const terminal = spawn("script", ["--quiet", "--command", command, "/dev/null"], { cwd: folder });
    try {
      await until(() => existsSync(join(folder, "up")));
      terminal.kill("SIGKILL");
      await once(terminal, "exit");
      writeFileSync(join(folder, "gone"), "");
      await until(() => existsSync(join(folder, "ended")));
      expect(readFileSync(join(folder, "ended"), "utf8")).toBe("0");
    } finally {
      terminal.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    }
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
