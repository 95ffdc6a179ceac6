import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { forgetDrainsPhase } from "../../../../src/toolkit/services/haproxy/forget-drains.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";

const phase = forgetDrainsPhase(threeMachines);

/** What a balancer answers whose folder holds these. */
function answerOf(files: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "marks-"));
  try {
    for (const name of files) writeFileSync(join(folder, name), "{}");
    mkdirSync(join(folder, "a-folder"));
    const { argv } = phase.observe("node-1");
    return runWith([...argv.slice(0, -1), folder], {});
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const stepsOf = (one: readonly string[], other: readonly string[]) =>
  phase
    .decide(
      new Map([
        ["node-1", answerOf(one)],
        ["node-2", answerOf(other)],
      ]),
    )
    .flat()
    .map(({ machine, commands }) => [machine, commands[0]!.argv.at(-1)]);

describe("the marks of drained machines on a balancer", () => {
  it("are taken away where the description has the machine no more", () => {
    const folder = "/var/lib/mailbastion-drain/balancer";
    expect(stepsOf(["node-3", "node-4", "node-5"], ["node-4", ".new"])).toEqual([
      ["node-1", `${folder}/node-4`],
      ["node-1", `${folder}/node-5`],
      ["node-2", `${folder}/node-4`],
    ]);
  });

  it("stay where the machine is in the description, and then nothing is to be done", () => {
    expect(
      phase.decide(
        new Map([
          ["node-1", answerOf(["node-1", "node-3"])],
          ["node-2", answerOf([])],
        ]),
      ),
    ).toEqual([]);
  });

  it("are asked for where there never was a drain", () => {
    const { argv } = phase.observe("node-1");
    expect(runWith([...argv.slice(0, -1), "/nonexistent"], {})).toMatchObject({ code: 0, stdout: "" });
  });
});
