import { describe, expect, it } from "@jest/globals";
import { Registry, type NodeReport } from "../../../src/mailnode/cluster/registry.ts";
import { NAMES, replicas } from "./replicas.ts";

const report: NodeReport = {
  state: "active",
  load: 0.25,
  sessions: 3,
  maxSessions: 100,
  weight: 100,
  roles: ["mail"],
  endpoints: ["10.0.0.1:25"],
  documents: {},
};

describe("the registry", () => {
  it("shows every node with its state and load, and one that falls silent as failed", async () => {
    const { time, cluster, replica, env } = replicas();
    const stop = new AbortController();
    const running = NAMES.flatMap((name) => [
      new Registry(replica(name), env(name)).keepReporting(1000, () => report, stop.signal),
      replica(name).keepTime(500, stop.signal),
    ]);
    const registry = new Registry(replica("node-1"), env("node-1"), 5000);
    await time.pass(3000);
    expect(registry.nodes().map(({ id, state, record }) => [id, state, record.load])).toEqual(
      NAMES.map((name) => [name, "active", 0.25]),
    );
    expect(registry.health("healthy")).toEqual({ status: "healthy", healthyNodes: 3, totalNodes: 3 });
    cluster.cut("node-3");
    await time.pass(7000);
    expect(registry.serving()).toEqual(["node-1", "node-2"]);
    expect(registry.nodes().at(-1)!.state).toBe("failed");
    cluster.heal("node-3");
    await time.pass(2000);
    expect(registry.serving()).toHaveLength(3);
    stop.abort();
    await Promise.all(running);
  });

  it("answers for a node what its state is worth to a balancer", async () => {
    const { time, replica, env } = replicas();
    const registry = new Registry(replica("node-1"), env("node-1"));
    const answer = (): string => registry.agentAnswer("node-1", { strategy: "round-robin" }, 30);
    expect(answer()).toBe("up 10% maxconn:30\n");
    await time.until(registry.report(report));
    expect(answer()).toBe("up 100% maxconn:30\n");
    await time.until(
      replica("node-1").perform<"maintenance.enter">({
        type: "maintenance.enter",
        node: "node-1",
        drainTimeoutMs: 1,
        graceful: true,
        migrateSessions: false,
      }),
    );
    expect(answer()).toBe("up 0%\n");
    await time.until(
      replica("node-1").perform<"maintenance.drained">({
        type: "maintenance.drained",
        node: "node-1",
        left: 0,
      }),
    );
    expect(answer()).toBe("up 0%\n");
  });
});
