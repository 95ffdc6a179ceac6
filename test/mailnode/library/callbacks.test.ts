import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { pino } from "pino";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { Cluster } from "../../../src/mailnode/library/cluster.ts";
import type { JoinOptions } from "../../../src/mailnode/library/options.ts";
import { SessionCount } from "../../../src/mailnode/library/session-count.ts";
import { TestCluster } from "../node/members.ts";
import { until } from "../fixtures/until.ts";
import { TestPrograms } from "./programs.ts";

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

describe("what a program throws when it is asked for its sessions, to end them, or for a node's share", () => {
  let programs: TestPrograms;
  let one: Cluster;
  let two: Cluster;
  let agentPort: number;
  let works = true;
  const stopped: Error[] = [];
  const logged: string[] = [];
  const fail = (what: string): void => {
    if (!works) throw new Error(`${what}: a mistake of the program`);
  };
  const log = pino({ level: "error" }, { write: (line: string) => void logged.push(line) });
  const sessions = {
    count: () => {
      fail("count");
      return 3;
    },
    close: () => fail("close"),
    open: () => fail("open"),
    endAll: async () => fail("end all"),
  };

  beforeAll(async () => {
    programs = await TestPrograms.make("node-1", "node-2");
    [agentPort] = (await freePorts(1)) as [number];
    const agentCheck = { port: agentPort, balancers: ["127.0.0.1"] };
    [one, two] = await Promise.all([
      programs.join("node-1", { sessions, agentCheck, log }),
      programs.join("node-2", { log }),
    ]);
    for (const cluster of [one, two]) void cluster.failed.then((error) => stopped.push(error));
    await Promise.all([one.whenActive(), two.whenActive()]);
    await until(() => two.nodes[0]!.sessions === 3);
    works = false;
  });
  afterAll(() => programs.end());

  it("leaves the node's reports going, and those go by the last count", async () => {
    one.onConfiguration("policy", () => undefined);
    two.onConfiguration("policy", () => undefined);
    await two.distributeConfiguration("policy", "x");
    await until(() => two.distributionOf("policy").complete);
    expect(two.nodes[0]!.sessions).toBe(3);
  });

  it("lets a drain come to its end all the same, and the node come back", async () => {
    await one.enterMaintenanceMode({ drainTimeoutMs: 300 });
    await until(() => one.status.state === "maintenance");
    expect(two.inner.maintenance.of("node-1")).toMatchObject({ phase: "maintenance", left: 3 });
    await one.exitMaintenanceMode();
    await one.whenActive();
    for (const what of ["count", "close", "end all", "open"])
      expect(logged).toContainEqual(expect.stringContaining(`${what}: a mistake of the program`));
    expect(stopped).toEqual([]);
  });

  it("ends all sessions whose own end does work", async () => {
    const ended: string[] = [];
    for (const name of ["first", "second", "third"])
      two.session(() => {
        if (name === "second") fail(name);
        ended.push(name);
      });
    await two.enterMaintenanceMode({ graceful: false });
    await until(() => two.status.state === "maintenance");
    expect(ended).toEqual(["first", "third"]);
    await two.exitMaintenanceMode();
    await two.whenActive();
  });

  it("gives all nodes the same when it weighs them, and the balancer its answer", async () => {
    const weigh = (): Record<string, number> => {
      fail("weigh");
      return { "node-1": 20 };
    };
    one.setLoadBalancingStrategy({ strategy: "custom", weigh });
    // What a node knows of itself the other hears a little later.
    await until(() => one.nodes.every(({ state }) => state === "active"));
    expect(await answerOf(agentPort)).toBe("up 100%\n");
    const chosen = [1, 2].map(() => one.chooseNode("192.0.2.1"));
    expect(chosen.sort()).toEqual(["node-1", "node-2"]);
    works = true;
    expect(await answerOf(agentPort)).toBe("up 20%\n");
  });
});

/** What a node tells a balancer. */
async function answerOf(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let said = "";
  socket.setEncoding("utf8").on("data", (text: string) => (said += text));
  await once(socket, "close");
  return said;
}
