import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { joinCluster, type Cluster, type JoinOptions } from "../../../src/mailnode/library/index.ts";
import { until } from "../fixtures/until.ts";
import { TestAuthority } from "../raft/shell/certificates.ts";

/* Threads, a real disk and real time, on a machine that may be busy. */
jest.setTimeout(120_000);

const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value);

describe("a program that is a cluster of one", () => {
  let folder: string;
  let options: JoinOptions;
  let cluster: Cluster;
  let works = true;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "library-"));
    const { key, certificate, authority } = await (await TestAuthority.make()).identity("node-1");
    const security = {
      pem: join(folder, "pem"),
      authority: join(folder, "authority"),
      gossipKeys: join(folder, "keys"),
    };
    await writeFile(security.pem, `${key.reveal()}\n${certificate}`);
    await writeFile(security.authority, authority);
    await writeFile(security.gossipKeys, Buffer.alloc(32, 3).toString("base64"));
    const [clusterPort, logPort] = await freePorts(2);
    options = {
      nodeId: "node-1",
      founders: ["node-1"],
      directory: join(folder, "log"),
      security,
      clusterPort: clusterPort!,
      logPort: logPort!,
      discovery: { method: "static", seeds: [] },
      heartbeatIntervalMs: 30,
      electionTimeoutMs: 300,
      failureDetectionTimeoutMs: 500,
      regions: { currentRegion: "us-east", crossRegionTimeoutMs: 5_000 },
      endpoints: ["127.0.0.1:25"],
      maxSessions: 4,
      healthChecks: {
        checks: {
          disk: async () => {
            if (!works) throw new Error("told to");
          },
        },
        checkIntervalMs: 30,
        failureThreshold: 2,
        successThreshold: 1,
      },
    };
    cluster = await joinCluster(options);
    await cluster.whenActive();
  });
  afterAll(async () => {
    await cluster.leave();
    await rm(folder, { recursive: true });
  });

  it("says in one sentence which port is taken", async () => {
    const [free] = await freePorts(1);
    const taken: readonly Partial<JoinOptions>[] = [{ clusterPort: free! }, { logPort: free! }];
    for (const ports of taken) {
      const other = joinCluster({ ...options, directory: join(folder, "other"), ...ports });
      await expect(other).rejects.toMatchObject({ code: "MAILNODE_PORT_TAKEN" });
    }
  });

  it("leads, and shows itself with state, load and region", async () => {
    expect([cluster.isLeader, cluster.leaderNodeId, cluster.nodeCount]).toEqual([true, "node-1", 1]);
    expect(cluster.nodes).toEqual([
      {
        id: "node-1",
        state: "active",
        currentLoad: 0,
        sessions: 0,
        region: "us-east",
        endpoints: ["127.0.0.1:25"],
      },
    ]);
    expect(cluster.health()).toEqual({ status: "healthy", healthyNodes: 1, totalNodes: 1 });
    const over = cluster.session(() => undefined);
    await until(() => cluster.nodes[0]!.currentLoad === 0.25);
    over!();
  });

  it("is failed while its checks fail", async () => {
    works = false;
    await until(() => cluster.nodes[0]!.state === "failed");
    expect(cluster.health().healthyNodes).toBe(0);
    expect(cluster.chooseNode("192.0.2.1")).toBeUndefined();
    works = true;
    await until(() => cluster.nodes[0]!.state === "active");
  });

  it("keeps, watches, compares and deletes state", async () => {
    const seen: string[] = [];
    const end = cluster.watchState("a/", { changed: ({ key, change }) => seen.push(`${key} ${change}`) });
    const { version } = await cluster.replicateState("a/1", "one", { priority: "low" });
    await expect(cluster.compareAndSet("a/1", version! + 1, "two")).rejects.toMatchObject({
      name: "Refused",
    });
    await cluster.compareAndSet("a/1", version!, "two");
    expect(text((await cluster.getState("a/1"))?.value)).toBe("two");
    expect(text(cluster.getStaleState("a/1")?.value)).toBe("two");
    await expect(cluster.deleteState("a/1", { expect: version! })).rejects.toMatchObject({ name: "Refused" });
    await cluster.deleteState("a/1");
    expect(seen).toEqual(["a/1 set", "a/1 set", "a/1 deleted"]);
    end();
  });

  it("limits all clients together, and each by itself", async () => {
    await cluster.enableDistributedRateLimiting({ globalLimit: 3, algorithm: "sliding-window" });
    const answers = [];
    for (let i = 0; i < 3; i++)
      answers.push(await cluster.checkRateLimit("192.0.2.1", { requestsPerHour: 2 }));
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, true, false]);
    expect(await cluster.checkRateLimit("192.0.2.2", { requestsPerHour: 2 })).toEqual({ allowed: true });
    expect(await cluster.checkRateLimit("192.0.2.3", { requestsPerHour: 2 })).toMatchObject({
      allowed: false,
      reason: "exhausted",
    });
  });

  it("names nodes for clients, by strategy and by affinity", async () => {
    cluster.setLoadBalancingStrategy({ strategy: "weighted-round-robin", nodeWeights: { "node-1": 3 } });
    expect(cluster.chooseNode("192.0.2.1")).toBe("node-1");
    expect(await cluster.route({ clientAddress: "192.0.2.1" })).toEqual({ node: "node-1", bound: true });
    cluster.configureAffinity({ failover: "strict" });
    cluster.setAffinityResolver(() => "node-9");
    expect(await cluster.route({ clientAddress: "192.0.2.1" })).toEqual({
      node: undefined,
      reason: "its node does not serve",
    });
  });

  it("takes no session in maintenance, and its audit says who did what", async () => {
    await cluster.enterMaintenanceMode({ drainTimeoutMs: 100 });
    expect(cluster.isInMaintenance).toBe(true);
    await until(() => cluster.status.state === "maintenance");
    expect(cluster.session(() => undefined)).toBeUndefined();
    await cluster.exitMaintenanceMode();
    await cluster.whenActive();
    expect(cluster.audit({ action: "maintenance.enter" })).toMatchObject([
      { actor: "node-1", target: "node-1" },
    ]);
  });

  it("gives documents to all nodes, who say which they work by", async () => {
    await cluster.distributeConfiguration("policy", "a");
    const taken: string[] = [];
    cluster.onConfiguration("policy", ({ content }) => taken.push(text(content)));
    await cluster.distributeConfiguration("policy", "b", 1);
    expect(taken).toEqual(["a", "b"]);
    await until(() => cluster.distributionOf("policy").complete);
    expect(cluster.distributionOf("policy").version).toBe(2);
  });

  it("takes in nobody who is not there, and reads its keys anew", async () => {
    await expect(cluster.addMember("node-2")).rejects.toMatchObject({ code: "CLUSTER_MEMBER_UNKNOWN" });
    await cluster.removeMember("node-2");
    await expect(cluster.replaceMember("node-1")).rejects.toMatchObject({ code: "CLUSTER_MEMBER_ALIVE" });
    await cluster.reload();
  });

  it("comes back with what it had", async () => {
    await cluster.replicateState("kept", "value");
    await cluster.leave();
    const changes: (string | undefined)[] = [];
    cluster = await joinCluster(options);
    cluster.onLeaderChanged(({ newLeaderNodeId }) => changes.push(newLeaderNodeId));
    await cluster.whenActive();
    expect(changes.at(-1)).toBe("node-1");
    expect(text((await cluster.getState("kept"))?.value)).toBe("value");
  });
});
