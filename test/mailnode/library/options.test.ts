import { describe, expect, it } from "@jest/globals";
import { memberConfig, type JoinOptions } from "../../../src/mailnode/library/options.ts";
import { SessionCount } from "../../../src/mailnode/library/session-count.ts";

const OPTIONS: JoinOptions = {
  nodeId: "node-1",
  founders: ["node-1"],
  directory: "/data",
  security: { pem: "/s/node.pem", authority: "/s/authority.pem", gossipKeys: "/s/keys" },
};

describe("the options of a program that joins a cluster", () => {
  it("have the documented defaults", () => {
    expect(memberConfig(OPTIONS)).toEqual({
      name: "mailbastion",
      founders: ["node-1"],
      witness: false,
      directory: "/data",
      address: "127.0.0.1",
      gossip: { port: 7946, keys: "/s/keys" },
      raft: { port: 7948, pem: "/s/node.pem", authority: "/s/authority.pem" },
      discovery: { method: "multicast" },
      heartbeatMs: 1000,
      electionMs: 5000,
      failureDetectionMs: 10_000,
      weight: 1,
    });
  });

  it("are handed on", () => {
    const config = memberConfig({
      ...OPTIONS,
      clusterPort: 8000,
      seeds: ["node-2:8000"],
      regions: { currentRegion: "us-east", electionRank: 2 },
      heartbeatIntervalMs: 50,
      weight: 3,
    });
    expect(config).toMatchObject({
      gossip: { port: 8000 },
      raft: { port: 8002 },
      discovery: { method: "static", seeds: ["node-2:8000"] },
      region: "us-east",
      electionRank: 2,
      heartbeatMs: 50,
      weight: 3,
    });
    expect(memberConfig({ ...OPTIONS, logPort: 9000 }).raft.port).toBe(9000);
  });

  it("are refused by the rules of the configuration", () => {
    for (const [changes, words] of [
      [{ nodeId: "Node 1" }, "nodeId"],
      [{ founders: [] }, "at least one founder"],
      [{ seeds: ["nowhere"] }, "a host and a port"],
      [{ weight: 1000 }, "weight"],
      [{ electionTimeoutMs: 1000 }, "electionMs"],
      [{ regions: { currentRegion: "us-east", electionRank: 11 } }, "electionRank"],
    ] as const)
      expect(() => memberConfig({ ...OPTIONS, ...changes })).toThrow(words);
  });
});

describe("sessions that a program counts itself", () => {
  it("begin while the gate is open, and end when a drain has no more time", async () => {
    const sessions = new SessionCount();
    const ended: string[] = [];
    const over = sessions.begin(() => ended.push("one"));
    sessions.begin(() => ended.push("two"));
    expect(sessions.count()).toBe(2);
    over!();
    sessions.close();
    expect(sessions.begin(() => undefined)).toBeUndefined();
    await sessions.endAll();
    expect(ended).toEqual(["two"]);
    sessions.open();
    expect(sessions.begin(() => undefined)).toBeDefined();
  });
});
