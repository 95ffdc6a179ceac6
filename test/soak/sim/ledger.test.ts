import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Ledger, type Slice } from "../../../soak/sim/ledger.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ledger-"));
  path = join(folder, "ledger.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

const slice = (from: number, seeds = 250): Slice => ({
  commit: "c",
  from,
  seeds,
  seconds: 1,
  events: 1,
  hash: "0",
  failures: [],
});
const written = async (): Promise<readonly number[]> =>
  (await readFile(path, "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as Slice).from);

describe("the ledger of the simulation's seeds", () => {
  it("holds slices in the order of seeds, in whatever order they came", async () => {
    const ledger = await Ledger.open(path);
    expect(ledger.next).toBe(1);
    await ledger.add(slice(251));
    await ledger.add(slice(501));
    expect(await written()).toEqual([]);
    await ledger.add(slice(1));
    expect(await written()).toEqual([1, 251, 501]);
  });

  it("goes on behind the last slice without a gap before it", async () => {
    const ledger = await Ledger.open(path);
    await ledger.add(slice(1));
    await ledger.add(slice(501));
    expect((await Ledger.open(path)).next).toBe(251);
  });
});
