import { spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "@jest/globals";

/** What a process shows that tells this to the reporter; the drawing goes to the process's own output. */
function shown(events: string): string {
  const text = `
    import { liveReporter } from "./src/toolkit/runner/live-reporter.ts";
    import { lineReporter } from "./src/toolkit/runner/reporter.ts";
    const step = { title: "restart mariadb", machine: "node-2", commands: [] };
    const reporter = liveReporter(lineReporter((line) => process.stdout.write(line + "\\n")));
    ${events}
    await reporter.flush();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", text], {
    encoding: "utf8",
    env: { ...process.env, FORCE_COLOR: "0" },
  });
  return stripVTControlCharacters(stdout + stderr);
}

describe("the reporter of a terminal", () => {
  it("draws each phase with the machines that work on it, and tells the end as plain text does", () => {
    const text = shown(`
      reporter.phaseStarted("restart the database");
      reporter.stepStarted(step);
      reporter.stepFinished(step, 2500);
      reporter.phaseFinished("restart the database", 1, 2600);
      reporter.phaseStarted("look");
      reporter.phaseFinished("look", 0, 10);
      reporter.runFinished(1, 2700, false);`);
    expect(text).toMatch(
      /restart the database[\s\S]*node-2 {2}restart mariadb {2}2\.5 s[\s\S]*look[\s\S]*done: 1 step in 2\.7 s/,
    );
  });

  it("draws a phase that failed as failed, and then what is taken back", () => {
    const text = shown(`
      reporter.phaseStarted("drain node-2");
      reporter.stepStarted(step);
      reporter.stepFailed(step, 10);
      reporter.undoStarted("drain", "it did not come up");
      reporter.stepUndone(step);`);
    expect(text).toContain("FAILED: node-2: restart mariadb");
    expect(text).toMatch(/taking back "drain": it did not come up\n.*taken back: restart mariadb/);
  });
});
