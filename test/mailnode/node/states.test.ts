import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { RunningClusterNode } from "../../../src/mailnode/node/cluster-node.ts";
import { until } from "../fixtures/until.ts";
import { stateOf, statusOf, TestCluster, type TestMember } from "./members.ts";

/* Threads, real disks and real time, on a machine that may be busy. */
jest.setTimeout(180_000);

/** How one member sees another's node, by the shared state. */
const seen = ({ member }: TestMember, node: string): string | undefined =>
  member.registry.nodes().find(({ id }) => id === node)?.state;

describe("a cluster of three, from its beginning to its end", () => {
  let cluster: TestCluster;
  const cut = new Set<string>();
  const get = (node: string): TestMember => cluster.get(node);
  const all = (): readonly TestMember[] => [...cluster.members.values()];
  // A busy machine makes a report late: what a member says of itself or another is waited for, not looked at once.
  const allSee = (status: string): Promise<void> =>
    until(() => all().every((member) => statusOf(member) === status));
  const becomes = (node: string, state: string): Promise<void> => until(() => stateOf(get(node)) === state);

  beforeAll(async () => {
    cluster = await TestCluster.make("node-1", "node-2", "node-3");
    const setPeers = Object.getOwnPropertyDescriptor(RunningClusterNode.prototype, "setPeers")!
      .value as RunningClusterNode["setPeers"];
    // Takes a node's links between logs away, in both directions; gossip goes on.
    jest.spyOn(RunningClusterNode.prototype, "setPeers").mockImplementation(function (
      this: RunningClusterNode,
      peers,
    ) {
      setPeers.call(this, cut.has(this.id) ? new Map() : peers);
    });
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await cluster.end();
  });

  it("is forming while a founder is missing: initializing alone, joining once there is somebody", async () => {
    const first = await cluster.start("node-1");
    expect([stateOf(first), statusOf(first)]).toEqual(["initializing", "forming"]);
    const second = await cluster.start("node-2");
    await until(() => stateOf(first) === "joining" && stateOf(second) === "joining");
    await until(() => first.member.part().waiting === "it waits for node-3");
    expect([statusOf(first), statusOf(second)]).toEqual(["forming", "forming"]);
    expect(first.member.raft()).toBeUndefined();
  });

  it("is healthy when all are active", async () => {
    await cluster.start("node-3");
    await allSee("healthy");
    await until(() => all().every((member) => stateOf(member) === "active"));
    await until(() => get("node-1").member.health().healthyNodes === 3);
    expect(get("node-1").member.health().totalNodes).toBe(3);
  });

  it("is degraded while a node's own checks fail, and that node failed", async () => {
    get("node-2").fails = true;
    await allSee("degraded");
    await becomes("node-2", "failed");
    await until(() => seen(get("node-1"), "node-2") === "failed");
    get("node-2").fails = false;
    await allSee("healthy");
  });

  it("is rebalancing while a node drains its sessions, and degraded while it is in maintenance", async () => {
    const { service } = get("node-3");
    service.sessions = 1;
    await get("node-1").member.maintenance.enter("node-3");
    await allSee("rebalancing");
    await becomes("node-3", "draining");
    expect(service.isOpen).toBe(false);
    expect(get("node-3").member.agentAnswer()).toBe("up 0%\n");
    service.sessions = 0;
    await allSee("degraded");
    await becomes("node-3", "maintenance");
    await until(() => seen(get("node-1"), "node-3") === "maintenance");
    expect(get("node-3").member.leader()).not.toBe("node-3");
    await get("node-2").member.maintenance.exit("node-3");
    await allSee("healthy");
    await becomes("node-3", "active");
    expect(service.isOpen).toBe(true);
  });

  it("is not served by a node that a mark on its machine drains, whatever the cluster says", async () => {
    const { service, member } = get("node-2");
    service.drained = true;
    service.sessions = 1;
    await allSee("rebalancing");
    await becomes("node-2", "draining");
    expect(member.agentAnswer()).toBe("up 0%\n");
    service.sessions = 0;
    await allSee("degraded");
    await becomes("node-2", "maintenance");
    service.drained = false;
    await allSee("healthy");
  });

  it("is split when a node that others hear of cannot be reached by its log, as both sides see it", async () => {
    const leader = get("node-1").member.leader()!;
    const lone = all().find(({ node }) => node !== leader)!;
    cut.add(lone.member.part().member);
    await allSee("split-brain");
    const rest = all().filter((member) => member !== lone);
    // The majority goes on all the same.
    await rest[0]!.member.state.set("during", new TextEncoder().encode("the split"));
    expect(lone.member.leader()).toBeUndefined();
    cut.clear();
    await allSee("healthy");
    await lone.member.replica.barrier();
    expect(new TextDecoder().decode(lone.member.state.getStale("during")?.value)).toBe("the split");
  });

  it("is degraded when one node dies, which the others find failed, and failed without a quorum", async () => {
    await cluster.stop("node-3");
    await allSee("degraded");
    await until(() => seen(get("node-1"), "node-3") === "failed");
    await cluster.stop("node-2");
    await allSee("failed");
    // A cluster that decides nothing keeps nobody from taking mail.
    expect(get("node-1").service.isOpen).toBe(true);
    expect(get("node-1").member.agentAnswer()).toMatch(/^up [1-9]/);
  });
});
