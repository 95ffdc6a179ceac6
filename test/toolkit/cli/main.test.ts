import { spawnSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";

describe("the program", () => {
  it("goes on to its end when nobody reads its output any more", () => {
    const script = '{ "$1" src/toolkit/cli/main.ts --help; echo "ended with $?" >&2; } | true';
    const { stderr } = spawnSync("sh", ["-c", script, "sh", process.execPath], { encoding: "utf8" });
    expect(stderr).toBe("ended with 0\n");
  });
});
