import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { NotRecorded } from "../../../src/mailnode/cluster/audit.ts";
import { NotProposed } from "../../../src/mailnode/cluster/consensus.ts";
import { until } from "../fixtures/until.ts";
import { TestAuthority } from "../raft/shell/certificates.ts";
import { statusOf, TestCluster, type TestMember } from "./members.ts";

/* Threads, real disks and real time, on a machine that may be busy. */
jest.setTimeout(180_000);

describe("members that come and go", () => {
  let cluster: TestCluster;
  const get = (node: string): TestMember => cluster.get(node);
  const standings = (from: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      get(from)
        .member.part()
        .members.map(({ node, standing }) => [node, standing]),
    );

  beforeAll(async () => {
    cluster = await TestCluster.make("node-1", "node-2", "node-3");
    await cluster.found();
    await get("node-1").member.state.set("key", new TextEncoder().encode("value"));
  });
  afterAll(() => cluster.end());

  it("are not taken in by themselves: a node that was no founder waits", async () => {
    const { member } = await cluster.start("node-4");
    await until(() => member.part().waiting === "to be taken in");
    expect(member.part()).toMatchObject({ state: "joining", status: "forming" });
    expect(Object.keys(standings("node-1"))).toEqual(["node-1", "node-2", "node-3"]);
  });

  it("are taken in by name, from any node, and have the whole state then", async () => {
    await get("node-2").member.addMember("node-4", { actor: "alice" });
    expect(standings("node-2")).toMatchObject({ "node-4": "voter" });
    const { member } = get("node-4");
    expect(new TextDecoder().decode((await member.state.get("key"))?.value)).toBe("value");
    await until(() => member.registry.serving().includes("node-4"));
    // Once more is no fault.
    await get("node-1").member.addMember("node-4");
    await until(() => member.audit.list({ action: "member.add" }).length === 1);
    expect(member.audit.list({ action: "member.add" })[0]).toMatchObject({
      actor: "alice",
      target: "node-4",
    });
  });

  it("are taken out, with what they reported, and may be asked again", async () => {
    await get("node-1").member.removeMember("node-4");
    expect(Object.keys(standings("node-1"))).toEqual(["node-1", "node-2", "node-3"]);
    await until(() => statusOf(get("node-1")) === "healthy");
    expect(
      get("node-1")
        .member.registry.nodes()
        .map(({ id }) => id),
    ).toEqual(["node-1", "node-2", "node-3"]);
    await get("node-1").member.removeMember("node-4");
    await cluster.stop("node-4");
  });

  it("lead when they are told to, if they may", async () => {
    const { member } = get("node-1");
    const heir = member.leader() === "node-2" ? "node-3" : "node-2";
    expect(await member.transferLeadership(heir)).toBe(heir);
    await until(() => member.leader() === heir);
    await expect(member.transferLeadership("node-9", { actor: "bob" })).rejects.toMatchObject({
      code: "CLUSTER_MEMBER_UNKNOWN",
    });
    expect(member.audit.list({ actor: "bob" })).toMatchObject([
      { action: "leader.transfer", target: "node-9", outcome: "CLUSTER_MEMBER_UNKNOWN" },
    ]);
    const next = await member.transferLeadership(undefined);
    expect(next).not.toBe(heir);
    await until(() => member.leader() === next);
  });

  it("are refused when nobody is there by that name", async () => {
    const { member } = get("node-2");
    await expect(member.addMember("node-9")).rejects.toMatchObject({ code: "CLUSTER_MEMBER_UNKNOWN" });
    await expect(member.replaceMember("node-3")).rejects.toMatchObject({ code: "CLUSTER_MEMBER_ALIVE" });
    expect(
      member.audit
        .list({ actor: "node-2" })
        .slice(-2)
        .map(({ action, target, outcome }) => [action, target, outcome]),
    ).toEqual([
      ["member.add", "node-9", "CLUSTER_MEMBER_UNKNOWN"],
      ["member.replace", "node-3", "CLUSTER_MEMBER_ALIVE"],
    ]);
  });

  it("do not take themselves out, whether they lead or not: nobody could write it down", async () => {
    for (const node of ["node-1", "node-2", "node-3"]) {
      const { member } = get(node);
      await expect(member.removeMember(node, { actor: "carol" })).rejects.toMatchObject({
        code: "CLUSTER_MEMBER_SELF",
      });
      expect(member.audit.list({ actor: "carol" }).at(-1)).toMatchObject({
        action: "member.remove",
        target: node,
        outcome: "CLUSTER_MEMBER_SELF",
      });
      expect(standings(node)).toEqual({ "node-1": "voter", "node-2": "voter", "node-3": "voter" });
    }
  });

  it("are out for good when that cannot be written down, which is said, and what was left goes when asked again", async () => {
    const { member } = get("node-1");
    await cluster.start("node-5");
    await until(() => get("node-5").member.part().waiting === "to be taken in");
    await member.addMember("node-5");
    await until(() => member.registry.serving().includes("node-5"));
    // That the leader is lost between the change and its record cannot be made to happen at a word.
    const lost = jest.spyOn(member.replica, "perform").mockRejectedValue(new NotProposed("no-leader"));
    try {
      await expect(member.removeMember("node-5", { actor: "dora" })).rejects.toThrow(NotRecorded);
    } finally {
      lost.mockRestore();
    }
    expect(Object.keys(standings("node-1"))).toEqual(["node-1", "node-2", "node-3"]);
    const reports = (): readonly string[] => member.replica.machine.nodes.list().map(([node]) => node);
    expect(reports()).toContain("node-5");
    await cluster.stop("node-5");
    await member.removeMember("node-5", { actor: "dora" });
    expect(reports()).toEqual(["node-1", "node-2", "node-3"]);
    expect(member.audit.list({ actor: "dora" })).toMatchObject([{ action: "node.remove", outcome: "done" }]);
  });

  it("come back after the loss of a disk as somebody else: the first founder founds nothing anew", async () => {
    const former = get("node-1").member.part().member;
    await cluster.stop("node-1");
    await cluster.wipe("node-1");
    const { member } = await cluster.start("node-1");
    await until(() => member.part().waiting === "to be taken in");
    const { member: id } = member.part();
    expect(id).not.toBe(former);
    await until(
      () => get("node-2").member.gossip().members.left + get("node-2").member.gossip().members.dead > 0,
    );
    await get("node-2").member.replaceMember("node-1");
    await until(() => member.part().standing === "voter");
    const ids = get("node-2")
      .member.part()
      .members.map((one) => one.id);
    expect(ids).toContain(id);
    expect(ids).not.toContain(former);
    await until(() => statusOf(get("node-2")) === "healthy");
    expect(new TextDecoder().decode((await member.state.get("key"))?.value)).toBe("value");
  });
});

describe("members of which one is away", () => {
  let cluster: TestCluster;
  const voters = (from: string): readonly string[] =>
    cluster
      .get(from)
      .member.part()
      .members.map(({ node, standing }) => `${node} ${standing}`);

  beforeEach(async () => {
    cluster = await TestCluster.make("node-1", "node-2", "node-3");
    await cluster.found();
    await cluster.stop("node-3");
  });
  afterEach(() => cluster.end());

  it("do not take out another one, as nobody could lead then, but the one that is away", async () => {
    const { member } = cluster.get("node-1");
    await expect(member.removeMember("node-2", { actor: "alice" })).rejects.toMatchObject({
      code: "CLUSTER_CHANGE_NO_QUORUM",
      message: expect.stringContaining("node-3"),
    });
    expect(voters("node-1")).toEqual(["node-1 voter", "node-2 voter", "node-3 voter"]);
    expect(member.audit.list({ actor: "alice" })).toMatchObject([
      { action: "member.remove", target: "node-2", outcome: "CLUSTER_CHANGE_NO_QUORUM" },
    ]);
    await member.removeMember("node-3");
    await member.removeMember("node-2");
    expect(voters("node-1")).toEqual(["node-1 voter"]);
    await member.state.set("key", new TextEncoder().encode("alone"));
  });

  it("take in one more with it, and replace it", async () => {
    const { member } = cluster.get("node-1");
    await cluster.start("node-4");
    await until(() => cluster.get("node-4").member.part().waiting === "to be taken in");
    await member.addMember("node-4");
    await cluster.wipe("node-3");
    await cluster.start("node-3");
    await until(() => cluster.get("node-3").member.part().waiting === "to be taken in");
    await member.replaceMember("node-3");
    expect(voters("node-1")).toEqual(["node-1", "node-2", "node-3", "node-4"].map((node) => `${node} voter`));
    await until(() => statusOf(cluster.get("node-1")) === "healthy");
  });

  it("take in no witness whose log nobody reaches: it would be the one too many", async () => {
    const { member } = cluster.get("node-1");
    const strange = await (await TestAuthority.make()).identity("node-4");
    const files = { pem: join(cluster.home, "strange"), authority: join(cluster.home, "strangers") };
    await writeFile(files.pem, `${strange.key.reveal()}\n${strange.certificate}`);
    await writeFile(files.authority, strange.authority);
    await cluster.start("node-4", { witness: true, raft: { port: 0, ...files } });
    await until(() => cluster.get("node-4").member.part().waiting === "to be taken in");
    await expect(member.addMember("node-4")).rejects.toMatchObject({ code: "CLUSTER_CHANGE_NO_QUORUM" });
    await cluster.stop("node-4");
    await cluster.start("node-4", { witness: true });
    await until(() => cluster.get("node-4").member.part().waiting === "to be taken in");
    await member.addMember("node-4");
    expect(voters("node-1")).toContain("node-4 witness");
    await member.state.set("key", new TextEncoder().encode("three of four"));
  });
});

describe("a witness among three founders", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.make("node-1", "node-2", "node-3");
  });
  afterAll(() => cluster.end());

  it("votes when one of the two others is gone, and holds no state", async () => {
    await cluster.start("node-1");
    await cluster.start("node-2");
    await cluster.start("node-3", { witness: true });
    await until(() => ["node-1", "node-2"].every((node) => statusOf(cluster.get(node)) === "healthy"));
    const { member } = cluster.get("node-3");
    await until(() => member.part().state === "active");
    expect(member.part()).toMatchObject({ standing: "witness", status: "healthy" });
    await cluster.stop("node-2");
    await until(() => cluster.get("node-1").member.leader() === "node-1");
    await cluster.get("node-1").member.state.set("key", new TextEncoder().encode("two of three"));
    expect(member.state.getStale("key")).toBeUndefined();
  });
});

describe("a witness whose disk is lost", () => {
  let cluster: TestCluster;
  const full = ["node-1", "node-2"];
  const members = (from: string): readonly string[] =>
    cluster
      .get(from)
      .member.part()
      .members.map(({ node, id, standing }) => `${node} ${id} ${standing}`);
  const recorded = (): string | undefined =>
    cluster.get("node-1").member.replica.machine.nodes.get("node-3")?.member;

  beforeEach(async () => {
    cluster = await TestCluster.make(...full, "node-3");
    await Promise.all(full.map((node) => cluster.start(node)));
    await cluster.start("node-3", { witness: true });
    await until(() => full.every((node) => statusOf(cluster.get(node)) === "healthy"));
  });
  afterEach(() => cluster.end());

  /** Nobody who lives remembers it by gossip then. Gives its ids, before and after. */
  async function lose(): Promise<{ readonly former: string; readonly id: string }> {
    const former = cluster.get("node-3").member.part().member;
    await cluster.stop("node-3");
    await cluster.wipe("node-3");
    await Promise.all(full.map((node) => cluster.stop(node)));
    await Promise.all(full.map((node) => cluster.start(node)));
    const { member } = await cluster.start("node-3", { witness: true });
    await until(() => member.part().waiting === "to be taken in");
    await until(() => full.every((node) => cluster.get(node).member.part().state === "active"));
    await until(() => full.every((node) => cluster.get(node).member.gossip().members.alive === 3));
    return { former, id: member.part().member };
  }

  it("goes when its machine is replaced, though gossip has forgotten it, and counts as no node meanwhile", async () => {
    await until(() => recorded() !== undefined);
    const { former, id } = await lose();
    const { member } = cluster.get("node-1");
    expect(members("node-1")).toContain(`node-3 ${former} witness`);
    expect(member.registry.nodes().map((node) => node.id)).toEqual(full);
    expect(member.configuration.distribution("policy")).toMatchObject({
      nodes: full.map((node) => ({ node, version: 0 })),
      complete: true,
    });
    await member.replaceMember("node-3");
    expect(members("node-1")).toHaveLength(3);
    expect(members("node-1")).toContain(`node-3 ${id} witness`);
    await until(() => recorded() === id);
    await until(() => statusOf(cluster.get("node-1")) === "healthy");
    // Any one may be lost again.
    await cluster.stop("node-2");
    await until(() => member.leader() === "node-1");
    await member.state.set("key", new TextEncoder().encode("two of three"));
  });

  it("is named by its id when nobody knows its machine, and nobody comes or goes by name until it is out", async () => {
    await until(() => recorded() !== undefined);
    const { former, id } = await lose();
    const { member } = cluster.get("node-1");
    // As one that was lost before its machine was written down.
    await member.replica.perform<"node.remove">({ type: "node.remove", node: "node-3" });
    for (const change of ["addMember", "replaceMember", "removeMember"] as const)
      await expect(member[change]("node-3")).rejects.toMatchObject({
        code: "CLUSTER_MEMBER_UNNAMED",
        message: expect.stringContaining(former),
        remedy: expect.stringContaining(`mbnode ctl member remove ${former}`),
      });
    expect(members("node-1")).toContain(`${former} ${former} witness`);
    await member.removeMember(former);
    await member.addMember("node-3");
    expect(members("node-1")).toHaveLength(3);
    expect(members("node-1")).toContain(`node-3 ${id} witness`);
  });
});
