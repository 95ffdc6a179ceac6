import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "@jest/globals";
import { identify, isGone } from "../../../../src/toolkit/runner/lock/process-identity.ts";

/** A process that has ended, its number, and who it was. */
async function ended() {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const identity = identify(child.pid!)!;
  child.kill();
  await once(child, "exit");
  return { pid: child.pid!, identity };
}

describe("a process", () => {
  it("is gone when it has ended, and not before", async () => {
    expect(isGone(process.pid, identify(process.pid))).toBe(false);
    const { pid, identity } = await ended();
    expect(identity.started).toMatch(/^\d+$/);
    expect(isGone(pid, identity)).toBe(true);
  });

  it("is gone when another one has its number", async () => {
    const { identity } = await ended();
    expect(isGone(process.pid, identity)).toBe(true);
    const { started: _started, ...unread } = identity;
    expect(isGone(process.pid, unread)).toBe(false);
  });

  it.each(["boot", "namespace"] as const)("of another %s is never known to be gone", async (part) => {
    const { pid, identity } = await ended();
    expect(isGone(pid, { ...identity, [part]: "another" })).toBe(false);
  });

  it("of which nothing was said is never known to be gone", async () => {
    expect(isGone((await ended()).pid, undefined)).toBe(false);
  });
});
