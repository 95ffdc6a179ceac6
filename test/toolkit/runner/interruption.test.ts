import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, jest } from "@jest/globals";
import { neverInterrupted } from "../../../src/toolkit/runner/interruption.ts";

jest.setTimeout(30_000);

/** A process that says "ready", then whether its check throws, each time a line comes in. */
const PROGRAM = `
  const { onSignal } = await import(process.argv[1]);
  const interruption = onSignal((line) => console.log(line));
  process.stdin.on("data", () => {
    try { interruption.check(); console.log("goes on"); } catch (error) { console.log(error.code); }
  });
  console.log("ready");
`;

describe("Ctrl-C", () => {
  it("once ends the run between steps, and twice ends the process at once", async () => {
    const source = new URL("../../../src/toolkit/runner/interruption.ts", import.meta.url).href;
    const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, source]);
    const lines = child.stdout.setEncoding("utf8");
    const next = async (): Promise<string> => ((await once(lines, "data")) as [string])[0].trim();

    expect(await next()).toBe("ready");
    child.stdin.write("\n");
    expect(await next()).toBe("goes on");
    child.kill("SIGINT");
    expect(await next()).toBe("finishing the steps that run; Ctrl-C again stops at once");
    child.stdin.write("\n");
    expect(await next()).toBe("INTERRUPTED");
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([130, null]);
  });

  it("is not listened for where a run is a part of something else", () => {
    expect(() => neverInterrupted.check()).not.toThrow();
  });
});
