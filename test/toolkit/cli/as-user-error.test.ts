import { mkdtempSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { asUserError } from "../../../src/toolkit/cli/as-user-error.ts";
import { UserError } from "../../../src/support/errors.ts";

function caught(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe("an error that reaches the surface", () => {
  it("is the person's when the file system refuses a place", () => {
    expect(asUserError(caught(() => mkdtempSync("/dev/null/x")))).toMatchObject({
      code: "FILE_REFUSED",
      message: "/dev/null/xXXXXXX has a file where a folder should be",
    });
  });

  it("is the end that was asked for when Ctrl-C answers a question", () => {
    const pressed = Object.assign(new Error("User force closed the prompt"), { name: "ExitPromptError" });
    expect(asUserError(pressed)).toMatchObject({ code: "INTERRUPTED" });
  });

  it("is left alone when it is ours, a UserError already, or no error at all", () => {
    const own = new TypeError("x is undefined");
    const told = new UserError("CODE", "message", "remedy");
    for (const error of [own, told, "text", undefined]) expect(asUserError(error)).toBe(error);
  });
});
