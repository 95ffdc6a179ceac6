import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, jest } from "@jest/globals";

/* Three nodes in a process, on a machine that may be busy. */
jest.setTimeout(120_000);

const MAIN = fileURLToPath(new URL("../../examples/join-cluster/main.ts", import.meta.url));

it("the example of a program that joins a cluster does what it says", async () => {
  const options = ["--conditions=mailbastion-checkout", "--no-warnings", MAIN];
  const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 110_000 });
  expect(stdout.trimEnd().split("\n")).toEqual([
    "3 nodes, led by one of them: true",
    "node-2 reads: hello",
    "a write on what was not there: refused",
    "the lock has token above 0; for node-2 it is held by another",
    "four requests at three an hour, over all nodes: 3 allowed",
    "node-2 works by version 1: greylisting: on",
    "node-2 takes sessions: false",
    "left",
  ]);
});
