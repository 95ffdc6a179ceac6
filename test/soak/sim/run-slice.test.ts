import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { runSlice } from "../../../soak/sim/run-slice.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slice-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A program that stands for the simulation's. */
async function program(source: string): Promise<string> {
  const path = join(folder, "main.mjs");
  await writeFile(path, source);
  return path;
}

const SEED_7 = `console.log(JSON.stringify({ seed: 7, hash: "000000000000000a", events: 5 }));`;

describe("a slice of seeds", () => {
  it("sums up what its process tells, failures with their rules", async () => {
    const main = await program(
      `${SEED_7} console.log(JSON.stringify({ seed: 8, hash: "0000000000000001", events: 6, failure: "order" }));`,
    );
    const { events, hash, failures } = await runSlice("c", 7, 2, main);
    expect(events).toBe(11);
    expect(hash).toBe((10n * 1_000_003n + 1n).toString(16).padStart(16, "0"));
    expect(failures).toEqual([{ seed: 8, rule: "order" }]);
  });

  it("fails at the seed at which its process ends", async () => {
    const killed = await program(`${SEED_7} process.kill(process.pid, "SIGKILL");`);
    const { failures } = await runSlice("c", 7, 3, killed);
    expect(failures).toEqual([{ seed: 8, rule: "its process ended: SIGKILL" }]);
    const threw = await program(`${SEED_7} throw new Error("no memory");`);
    expect((await runSlice("c", 7, 3, threw)).failures).toEqual([
      { seed: 8, rule: "its process ended: code 1, Error: no memory" },
    ]);
  });
});
