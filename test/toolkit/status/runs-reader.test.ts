import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeCommand, writeCommand } from "../../../src/toolkit/runner/journal/commands.ts";
import { acquireCommand } from "../../../src/toolkit/runner/lock/commands.ts";
import { RUNS } from "../../../src/toolkit/runner/lock/places.ts";
import { localTransport } from "../../../src/toolkit/runner/local-transport.ts";
import { readRuns, runsCommand } from "../../../src/toolkit/status/runs-reader.ts";
import type { Command } from "../../../src/toolkit/steps/command.ts";

/** Real programs on a machine that may be busy. */
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mailbastion-runs-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** For real, in a folder that stands for the machine's. */
async function run(command: Command) {
  const argv = command.argv.map((word) => word.replaceAll(RUNS, folder));
  const answer = await localTransport.run("here", { ...command, argv });
  expect(answer).toMatchObject({ code: 0, stderr: "" });
  return answer;
}

const ID = "20261122-170000-abcd";
const begun = (run: string) =>
  `${JSON.stringify({
    kind: "begun",
    run,
    cluster: "acme",
    runbook: "drain",
    command: "mbctl drain node-2",
    arguments: {},
    operator: { user: "alice", host: "desk" },
    answers: {},
    description: "0",
    seq: 0,
    at: 0,
  })}\n`;

describe("the lock and the runs of a machine", () => {
  it("are none where nobody ever worked", async () => {
    expect(readRuns(await run(runsCommand))).toEqual({ unfinished: [], ended: [] });
  });

  it("are who holds the lock, and how long they were not heard of", async () => {
    const holder = {
      kind: "run",
      run: ID,
      command: "mbctl drain node-2",
      user: "alice",
      host: "desk",
      pid: 9,
      at: 0,
    };
    await run(acquireCommand("token", JSON.stringify(holder)));
    const { lock } = readRuns(await run(runsCommand));
    expect(lock).toMatchObject({
      run: ID,
      command: "mbctl drain node-2",
      by: "alice@desk",
      isManual: false,
      isStale: false,
    });
    const dead = (await run(runsCommand)).stdout.replace(/^age \d+$/m, "age 500");
    expect(readRuns({ code: 0, stdout: dead, stderr: "" }).lock).toMatchObject({
      isStale: true,
      ageSeconds: 500,
    });
  });

  it("are runs that were begun, told from those that have ended", async () => {
    await run(writeCommand("20261122-160000-0000", begun("20261122-160000-0000"), true));
    await run(closeCommand(["20261122-160000-0000"]));
    await run(writeCommand(ID, begun(ID), true));
    // It ended in its journal and died before it was marked so.
    const ended = `${JSON.stringify({ kind: "ended", outcome: "done", seq: 1, at: 1 })}\n`;
    await run(writeCommand("20261122-180000-1111", begun("20261122-180000-1111") + ended, true));
    expect(readRuns(await run(runsCommand))).toEqual({
      unfinished: [{ run: ID, command: "mbctl drain node-2", by: "alice@desk" }],
      ended: ["20261122-160000-0000", "20261122-180000-1111"],
    });
  });

  it("are also those that have ended and whose journals were removed", async () => {
    writeFileSync(join(folder, "ended-runs"), `${ID}\n`);
    expect(readRuns(await run(runsCommand))).toEqual({ unfinished: [], ended: [ID] });
  });

  it("leave out a journal that is torn", async () => {
    await run(writeCommand(ID, begun(ID), true));
    writeFileSync(join(folder, ID, "journal"), begun(ID).slice(0, 40));
    expect(readRuns(await run(runsCommand))).toEqual({ unfinished: [], ended: [] });
  });
});
