import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import type { Cluster } from "../../../src/mailnode/library/index.ts";
import { until } from "../fixtures/until.ts";
import { onLeaderAlone } from "../node/on-leader-alone.ts";
import { TestPrograms } from "./programs.ts";

/* Threads, real disks and real time, on a machine that may be busy. */
jest.setTimeout(120_000);

/** What is said on a port of loopback until the other end closes; empty when it hangs up. */
async function heardOn(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let said = "";
  socket.setEncoding("utf8").on("data", (text: string) => (said += text));
  socket.on("error", () => undefined);
  await once(socket, "close");
  return said;
}

/** The nodes that a program names for eight sessions. */
const chosenBy = (cluster: Cluster): readonly string[] =>
  [...new Set(Array.from({ length: 8 }, () => cluster.chooseNode("192.0.2.1")!))].toSorted();

describe("four programs in two regions, each with options of its own", () => {
  let programs: TestPrograms;
  let ports: readonly number[];
  let local: Cluster;
  let anywhere: Cluster;
  let strict: Cluster;
  let quick: Cluster;

  beforeAll(async () => {
    programs = await TestPrograms.make("node-1", "node-2", "node-3", "node-4");
    ports = await freePorts(2);
    const [heard, deaf] = ports as [number, number];
    [local, anywhere, strict, quick] = await Promise.all([
      programs.join("node-1", {
        regions: { currentRegion: "us-east", crossRegionTimeoutMs: 3_000 },
        agentCheck: { port: heard, balancers: ["127.0.0.1"] },
      }),
      programs.join("node-2", {
        regions: { currentRegion: "us-east", preferLocalRegion: false, crossRegionTimeoutMs: 600_000 },
        agentCheck: { port: deaf, balancers: ["192.0.2.1"] },
      }),
      programs.join("node-3", { regions: { currentRegion: "eu-west" }, consistencyLevel: "all" }),
      programs.join("node-4", { regions: { currentRegion: "eu-west" }, syncMode: "asynchronous" }),
    ]);
    await Promise.all([local, anywhere, strict, quick].map((cluster) => cluster.whenActive()));
    await until(() =>
      [local, anywhere, strict, quick].every((cluster) => cluster.health().healthyNodes === 4),
    );
  });
  afterAll(() => programs.end());

  it("send sessions to their own region, or anywhere where they do not prefer it", async () => {
    await until(() => chosenBy(local).join() === "node-1,node-2");
    await until(() => chosenBy(anywhere).join() === "node-1,node-2,node-3,node-4");
    await until(() => chosenBy(strict).join() === "node-3,node-4");
  });

  it("send them to the other region while none of their own serves", async () => {
    const away = [local, anywhere];
    await Promise.all(away.map((cluster) => cluster.enterMaintenanceMode({ drainTimeoutMs: 100 })));
    await until(() => chosenBy(local).join() === "node-3,node-4");
    await Promise.all(away.map((cluster) => cluster.exitMaintenanceMode()));
    await until(() => chosenBy(local).join() === "node-1,node-2");
  });

  it("answer the agent-check of the balancers that they name, and of nobody else", async () => {
    await until(async () => /^up .*100%/.test(await heardOn(ports[0]!)));
    expect(await heardOn(ports[1]!)).toBe("");
  });

  it("answer after the leader's disk alone where they are asynchronous, and after a quorum where nothing is said", async () => {
    const weak = await onLeaderAlone(local.inner, () => quick.replicateState("key", "value"));
    expect(weak).toEqual({ committed: false, replicas: 1 });
    expect(await local.replicateState("key", "value")).toMatchObject({ committed: true });
  });

  it("wait for every disk where their level is all, and say when one is missing", async () => {
    // On a busy machine a disk may be late.
    const full = () => strict.replicateState("key", "value").catch(() => ({ replicas: 0 }));
    await until(async () => (await full()).replicas === 4);
    await quick.leave();
    await expect(strict.replicateState("key", "value")).rejects.toMatchObject({ name: "LevelNotMet" });
    expect(await local.replicateState("key", "value")).toMatchObject({ committed: true });
  });

  it("give up on any request after their own time, whichever region leads", async () => {
    // Two of four are no quorum: nothing can be answered any more.
    await strict.leave();
    const patient = anywhere.getState("key").catch(() => "patient");
    const hurried = local.getState("key").catch(() => "hurried");
    expect(await Promise.race([patient, hurried])).toBe("hurried");
  });
});
