import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import type { Taken, Waiting } from "./heap-of-waiting.ts";

const PROGRAM = fileURLToPath(new URL("heap-of-waiting.ts", import.meta.url));

function take(waiting: Waiting): Taken {
  const printed = execFileSync(process.execPath, ["--no-warnings", PROGRAM, JSON.stringify(waiting)]);
  return JSON.parse(printed.toString()) as Taken;
}

describe("what a waiting message is said to take on the heap", () => {
  it.each<[string, Waiting]>([
    ["one recipient", { messages: 5_000, recipients: 1, length: 20, failed: 0 }],
    ["a hundred short ones", { messages: 300, recipients: 100, length: 12, failed: 0 }],
    ["a hundred of the longest", { messages: 300, recipients: 100, length: 253, failed: 0 }],
    ["a hundred, half of them failed", { messages: 300, recipients: 100, length: 40, failed: 50 }],
  ])("is no less than it takes after a restart, and not twice as much, with %s", (_, waiting) => {
    const { messages, reckonedBytes, usedBytes } = take(waiting);
    expect(messages).toBe(waiting.messages);
    expect(usedBytes).toBeLessThanOrEqual(reckonedBytes);
    expect(usedBytes).toBeGreaterThan(reckonedBytes / 2);
  });
});
