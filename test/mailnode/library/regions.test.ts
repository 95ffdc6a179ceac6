import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { until } from "../fixtures/until.ts";
import { TestPrograms } from "./programs.ts";

/* Processes, threads, real disks and real time, on a machine that may be busy. */
jest.setTimeout(120_000);

/** An election timeout of half a second, ten times: so long may a busy machine keep the preferred node from standing. */
const LAST = { currentRegion: "eu-west", electionRank: 10 };

describe("the region that is to lead", () => {
  let programs: TestPrograms;
  beforeEach(async () => {
    programs = await TestPrograms.make("node-1", "node-2", "node-3");
  });
  afterEach(() => programs.end());

  it("leads, and leads on with another node of it when its leader is killed", async () => {
    const preferred = new Map(
      ["node-1", "node-2"].map((node) => [
        node,
        programs.spawn(node, { regions: { currentRegion: "us-east", electionRank: 0 } }),
      ]),
    );
    const watcher = await programs.join("node-3", { regions: LAST });
    await watcher.whenActive();
    await until(() => watcher.health().healthyNodes === 3);
    const first = watcher.leaderNodeId!;
    expect([...preferred.keys()]).toContain(first);

    // The other one wins for certain only if its log is as long as that of node-3: so the leader dies when it is.
    const died = once(preferred.get(first)!, "exit");
    preferred.get(first)!.send("die");
    expect(await died).toEqual([null, "SIGKILL"]);
    await until(() => watcher.leaderNodeId !== undefined && watcher.leaderNodeId !== first);
    expect(watcher.leaderNodeId).toBe(first === "node-1" ? "node-2" : "node-1");
  });

  it("is left when none of its nodes is there any more: others only wait longer", async () => {
    const preferred = programs.spawn("node-1", { regions: { currentRegion: "us-east" } });
    programs.spawn("node-2", { regions: { ...LAST, electionRank: 2 } });
    const watcher = await programs.join("node-3", { regions: { ...LAST, electionRank: 2 } });
    await watcher.whenActive();
    await until(() => watcher.health().healthyNodes === 3);
    preferred.kill("SIGKILL");
    await until(() => ["node-2", "node-3"].includes(watcher.leaderNodeId ?? ""));
    await watcher.replicateState("key", "value");
  });
});
