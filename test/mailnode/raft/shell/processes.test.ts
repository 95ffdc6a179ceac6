import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { until } from "../../fixtures/until.ts";
import { inexplicable } from "../../linearizable/clients.ts";
import { ProcessCluster } from "./process-cluster.ts";

/* Real processes, and elections among them, on a machine that may be busy. */
jest.setTimeout(180_000);

describe("three processes on this machine, over mutual TLS", () => {
  let cluster: ProcessCluster;

  beforeEach(async () => {
    cluster = await ProcessCluster.start({ count: 3 });
  });
  afterEach(() => cluster.end());

  it("answer as one register each key, while their leader is killed again and again", async () => {
    const talk = cluster.talk();
    for (let round = 0; round < 3; round++) {
      const victim = await cluster.leader();
      await wait(500);
      await victim.kill();
      await cluster.leader();
      await wait(500);
      await cluster.restart(victim);
    }
    await wait(1000);
    expect(await talk.end()).toBeGreaterThan(50);
    expect(await cluster.distinctReads("x")).toHaveLength(1);
    expect(inexplicable(cluster.recorder)).toEqual([]);
  });

  it("answer as one register each key, while their leader is stopped and goes on with what it knew", async () => {
    const talk = cluster.talk();
    for (let round = 0; round < 3; round++) {
      const victim = await cluster.leader();
      await wait(500);
      victim.signal("SIGSTOP");
      const others = cluster.othersThan(victim);
      await until(() => others.every(({ leader }) => leader !== undefined && leader !== victim.id));
      await wait(500);
      victim.signal("SIGCONT");
      await until(() => victim.leader !== victim.id);
    }
    expect(await talk.end()).toBeGreaterThan(50);
    expect(inexplicable(cluster.recorder)).toEqual([]);
  });

  it("find everything again after all were killed at once, and stop when they are told to", async () => {
    const { members } = cluster;
    const first = await cluster.leader();
    expect(await cluster.operate(first, "x", { kind: "write", value: "kept" })).toEqual({ kind: "done" });
    await Promise.all(members.map((member) => member.kill()));
    await Promise.all(members.map((member) => cluster.restart(member)));
    const next = await cluster.leader();
    expect(await cluster.operate(next, "x", { kind: "read" })).toEqual({ kind: "value", value: "kept" });
    await Promise.all(members.map((member) => member.stop()));
    expect(members.filter(({ running }) => running)).toEqual([]);
  });
});
