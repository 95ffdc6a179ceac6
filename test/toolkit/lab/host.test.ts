import { describe, expect, it } from "@jest/globals";
import { systemHost } from "../../../src/toolkit/lab/host.ts";

describe("systemHost", () => {
  it("returns how a program ended, with its output and what it was given", async () => {
    const answer = await systemHost.run(["sh", "-c", "cat; echo oops >&2; exit 3"], { stdin: "given" });
    expect(answer).toEqual({ code: 3, stdout: "given", stderr: "oops" });
  });

  it("answers 127 for a program that is not installed", async () => {
    const answer = await systemHost.run(["mailbastion-no-such-program"]);
    expect(answer.code).toBe(127);
    expect(answer.stderr).toContain("mailbastion-no-such-program");
  });

  it("hands arguments over untouched by any shell", async () => {
    expect((await systemHost.run(["printf", "%s|", "a b", "$HOME", "'"])).stdout).toBe("a b|$HOME|'|");
  });
});
