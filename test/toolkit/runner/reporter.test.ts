import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "@jest/globals";
import {
  jsonReporter,
  lineReporter,
  resultReporter,
  type Reporter,
} from "../../../src/toolkit/runner/reporter.ts";
import { act, ask } from "../../../src/toolkit/steps/command.ts";
import type { Step } from "../../../src/toolkit/steps/step.ts";

const step: Step = {
  machine: "node-1",
  title: "put the configuration",
  commands: [
    act(["tee", "/etc/a b"], { stdin: "password=@@secret:cache/password:1@@" }),
    act(["sh", "-c", "cat > x"], { stdin: { localFile: "/release.tar" } }),
    act(["systemctl", "reload", "haproxy"]),
  ],
  verify: { title: "it answers", command: ask(["nc", "-z", "::1", "25"]), timeoutMs: 1, intervalMs: 1 },
};

function told(
  reporterFor: (out: (line: string) => void) => Reporter,
  tell: (reporter: Reporter) => void,
): string[] {
  const lines: string[] = [];
  tell(reporterFor((line) => lines.push(stripVTControlCharacters(line))));
  return lines;
}

describe("the report of a run", () => {
  it("shows planned commands as they would be typed, and of their input no more than its size", () => {
    expect(told(lineReporter, (reporter) => reporter.stepPlanned(step))).toEqual([
      "node-1  put the configuration",
      "    tee '/etc/a b' < (36 bytes)",
      "    sh -c 'cat > x' < /release.tar",
      "    systemctl reload haproxy",
      "    until it answers: nc -z ::1 25",
    ]);
  });

  it("begins the lines of steps with their machine, and ends with the total time", () => {
    const lines = told(lineReporter, (reporter) => {
      reporter.phaseStarted("files");
      reporter.stepStarted(step);
      reporter.stepFinished(step, 1234);
      reporter.stepFailed(step, 60);
      reporter.phaseFinished("files", 1, 1300);
      reporter.phaseFinished("users", 0, 10);
      reporter.phaseUndecided("form", "no package");
      reporter.runFinished(1, 2000, false);
      reporter.runFinished(0, 2000, false);
      reporter.runFinished(3, 2000, true);
    });
    expect(lines).toEqual([
      "  node-1  put the configuration  1.2 s",
      "  node-1  failed: put the configuration  0.1 s",
      "+ files  1.3 s",
      "= users",
      "? form: known only after the steps above (no package)",
      "done: 1 step in 2.0 s",
      "nothing to do: everything is as described (looked for 2.0 s)",
      "3 steps would be done; nothing was changed",
    ]);
  });

  it("is the end alone, or the plan of a dry run, where no more is wanted", () => {
    const tell = (reporter: Reporter) => {
      reporter.phaseStarted("files");
      reporter.stepPlanned({ machine: step.machine, title: step.title, commands: [] });
      reporter.stepStarted(step);
      reporter.stepFinished(step, 1234);
      reporter.stepFailed(step, 60);
      reporter.stepSkipped(step);
      reporter.undoStarted("files", "it failed");
      reporter.stepUndone(step);
      reporter.phaseFinished("files", 1, 1300);
      reporter.phaseUndecided("form", "no package");
      reporter.runFinished(1, 2000, false);
    };
    expect(told((out) => resultReporter(lineReporter(out)), tell)).toEqual([
      "node-1  put the configuration",
      "? form: known only after the steps above (no package)",
      "done: 1 step in 2.0 s",
    ]);
  });

  it("is a line of JSON for each event, for programs, without any input", () => {
    const lines = told(jsonReporter, (reporter) => {
      reporter.phaseStarted("files");
      reporter.stepPlanned(step);
      reporter.stepStarted(step);
      reporter.stepFinished(step, 1.6);
      reporter.phaseFinished("files", 1, 3.2);
      reporter.runFinished(1, 5, false);
    });
    expect(lines.join("\n")).not.toContain("@@secret");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: "phase", title: "files" },
      {
        event: "planned",
        machine: "node-1",
        step: "put the configuration",
        commands: step.commands.map(({ argv }) => argv),
      },
      { event: "started", machine: "node-1", step: "put the configuration" },
      { event: "finished", machine: "node-1", step: "put the configuration", ms: 2 },
      { event: "phase-finished", title: "files", steps: 1, ms: 3 },
      { event: "run-finished", steps: 1, ms: 5, dryRun: false },
    ]);
  });
});
