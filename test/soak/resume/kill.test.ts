import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { announcedSteps, killAtStep } from "../../../soak/resume/kill.ts";

let runs: string;
beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), "mailbastion-runs-"));
});
afterEach(() => rmSync(runs, { recursive: true }));

const journal = (run: string) => join(runs, run, "journal.jsonl");
let seq = 0;
function begin(run: string): void {
  mkdirSync(join(runs, run));
  writeFileSync(journal(run), "");
  seq = 0;
}
function announce(run: string, step: string): void {
  const entry = { kind: "step-started", phase: "a phase", machine: "node-1", step, seq: seq++, at: 1 };
  appendFileSync(journal(run), `${JSON.stringify(entry)}\n`);
}

/** A command that announces steps until it is killed, or has announced all. */
function command(run: string, steps: readonly string[]) {
  return () => {
    let end: (how: { signal?: string; code?: number }) => void;
    const ended = new Promise<{ signal?: string; code?: number }>((resolve) => (end = resolve));
    begin(run);
    const left = [...steps];
    const timer = setInterval(() => {
      const step = left.shift();
      if (step !== undefined) return announce(run, step);
      clearInterval(timer);
      end({ code: 0 });
    }, 20);
    const kill = (signal?: unknown) => {
      clearInterval(timer);
      end({ signal: String(signal) });
      return true;
    };
    return { process: { kill }, ended };
  };
}

describe("a kill at a step", () => {
  it("comes when the newest run has announced it, and not for the steps of an earlier one", async () => {
    begin("20260101T000000Z-drain-0001");
    for (const step of ["one", "two", "three"]) announce("20260101T000000Z-drain-0001", step);
    const killed = await killAtStep(command("20260101T000001Z-drain-0002", ["one", "two", "three"]), runs, 2);
    expect(killed).toMatchObject({ killedAt: "node-1: two" });
  });

  it("does not come to a run that has fewer steps, whose steps and exit code are told", async () => {
    const ended = await killAtStep(command("20260101T000001Z-drain-0002", ["one", "two"]), runs, 3);
    expect(ended).toEqual({ steps: ["node-1: one", "node-1: two"], code: 0 });
  });
});

describe("the announced steps", () => {
  it("are none before a journal is there", async () => {
    expect(await announcedSteps(join(runs, "absent"), new Set())).toEqual([]);
    mkdirSync(join(runs, "20260101T000000Z-drain-0001"));
    expect(await announcedSteps(runs, new Set())).toEqual([]);
  });

  it("leave out a line that is cut short", async () => {
    begin("20260101T000000Z-drain-0001");
    announce("20260101T000000Z-drain-0001", "one");
    appendFileSync(journal("20260101T000000Z-drain-0001"), '{"kind":"step-sta');
    expect(await announcedSteps(runs, new Set())).toEqual(["node-1: one"]);
  });
});
