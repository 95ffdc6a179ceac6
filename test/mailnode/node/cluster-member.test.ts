import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { logFailed } from "../../../src/mailnode/raft/log/errors.ts";
import { RaftLog } from "../../../src/mailnode/raft/log/raft-log.ts";
import { until } from "../fixtures/until.ts";
import { stateOf, statusOf, TestCluster } from "./members.ts";

/* Threads, real disks and real time, on a machine that may be busy. */
jest.setTimeout(120_000);

const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value);

describe("members of a cluster", () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await TestCluster.make("node-1", "node-2", "node-3");
  });
  afterEach(() => cluster.end());

  it("found it, name each other by machine, share state, and go on from their logs", async () => {
    const members = await cluster.found();
    const [first] = members;
    await until(() => members.every((member) => stateOf(member) === "active"));
    const leader = first!.member.leader();
    expect(cluster.founders).toContain(leader);
    expect(
      first!.member.part().members.map(({ node, standing, seems }) => `${node} ${standing} ${seems}`),
    ).toEqual(["node-1 voter alive", "node-2 voter alive", "node-3 voter alive"]);
    await first!.member.state.set("greeting", new TextEncoder().encode("hello"));
    for (const { member } of members) expect(text((await member.state.get("greeting"))?.value)).toBe("hello");
    expect(first!.member.registry.serving()).toEqual(["node-1", "node-2", "node-3"]);

    for (const node of cluster.founders) await cluster.stop(node);
    const again = await cluster.found();
    expect(text((await again[1]!.member.state.get("greeting"))?.value)).toBe("hello");
    await until(() => again[0]!.member.part().lag === 0);
  });

  it("are waited for no longer once they have left", async () => {
    const { member } = await cluster.start("node-1");
    const waiting = expect(member.whenActive()).rejects.toMatchObject({ reason: "stopped" });
    await cluster.stop("node-1");
    await waiting;
    const [first] = await cluster.found();
    await first!.member.whenActive();
    await cluster.stop("node-1");
    await expect(first!.member.whenActive()).rejects.toMatchObject({ reason: "stopped" });
  });
});

describe("members that find each other by multicast", () => {
  it("found their cluster without seeds", async () => {
    const cluster = await TestCluster.make("node-1", "node-2");
    const multicast = { discovery: { method: "multicast" } } as const;
    const members = [await cluster.start("node-1", multicast), await cluster.start("node-2", multicast)];
    await until(() => members.every((member) => statusOf(member) === "healthy"));
    await cluster.end();
  });
});

describe("a member whose disk fails", () => {
  it("says so, whether the log goes already or cannot be set going", async () => {
    const cluster = await TestCluster.make("node-1");
    const failure = logFailed(new Error("EIO"));
    const append = jest.spyOn(RaftLog.prototype, "append");
    append.mockRejectedValueOnce(failure);
    const { member } = await cluster.start("node-1");
    const waiting = expect(member.whenActive()).rejects.toBe(failure);
    expect(await member.stopped).toBe(failure);
    await waiting;
    await cluster.stop("node-1");

    const again = await cluster.start("node-1");
    await until(() => statusOf(again) === "healthy");
    append.mockRejectedValue(failure);
    expect(await again.member.stopped).toBe(failure);
    append.mockRestore();
    await cluster.end();
  });
});
