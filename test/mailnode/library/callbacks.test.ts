import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { Cluster } from "../../../src/mailnode/library/cluster.ts";
import type { JoinOptions } from "../../../src/mailnode/library/options.ts";
import { SessionCount } from "../../../src/mailnode/library/session-count.ts";
import { TestCluster } from "../node/members.ts";
import { until } from "../fixtures/until.ts";

/* Threads, real disks and real time, on a machine that may be busy. */
jest.setTimeout(120_000);

describe("a program's callback that throws", () => {
  let members: TestCluster;
  let cluster: Cluster;
  let stopped: Error | undefined;
  const fail = (): never => {
    throw new Error("a mistake of the program");
  };

  beforeAll(async () => {
    members = await TestCluster.make("node-1", "node-2");
    await members.found();
    const { member } = members.get("node-1");
    cluster = new Cluster(member, { nodeId: "node-1" } as JoinOptions, new SessionCount());
    void member.stopped.then((error) => (stopped = error));
  });
  afterAll(() => members.end());

  it("stops no node: not as a watcher, not as a listener, not as a taker of documents", async () => {
    cluster.watchState("", { changed: fail, reset: fail });
    cluster.onLeaderChanged(fail);
    cluster.onConfiguration("policy", fail);
    await cluster.replicateState("key", "value");
    await cluster.distributeConfiguration("policy", "x");
    const heir = cluster.leaderNodeId === "node-1" ? "node-2" : "node-1";
    await members.get("node-2").member.transferLeadership(heir);
    await until(() => cluster.leaderNodeId === heir);
    await cluster.replicateState("key", "another");
    expect(new TextDecoder().decode((await cluster.getState("key"))!.value)).toBe("another");
    expect(stopped).toBeUndefined();
    expect(cluster.distributionOf("policy").complete).toBe(false);
  });
});
