import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { ReplicatedState } from "../../../src/mailnode/cluster/replicated-state.ts";
import { RunningClusterNode, type ClusterNodeOptions } from "../../../src/mailnode/node/cluster-node.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { TestAuthority } from "../raft/shell/certificates.ts";

/* Threads, a real disk and real time, on a machine that may be busy. */
jest.setTimeout(60_000);

describe("a node that is a cluster by itself", () => {
  let home: string;
  let options: ClusterNodeOptions;
  let node: RunningClusterNode | undefined;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "cluster-node-"));
    const identity = await (await TestAuthority.make()).identity("n1");
    options = {
      directory: join(home, "log"),
      cluster: "acme",
      host: "127.0.0.1",
      port: 0,
      identity,
      env: systemEnv,
      driver: { tickMs: 10 },
    };
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
    await rm(home, { recursive: true });
  });

  async function start(): Promise<ReplicatedState> {
    node = await RunningClusterNode.open(options);
    await node.start(new Map(), { voters: [node.id] });
    return new ReplicatedState(node.replica);
  }

  it("finds its id and its state again when it is started anew", async () => {
    const state = await start();
    await state.set("greeting", new TextEncoder().encode("hello"));
    const { id } = node!;
    expect(node!.driver.leader()).toMatchObject({ id });
    await node!.stop();
    const again = await start();
    expect(node!.id).toBe(id);
    expect(new TextDecoder().decode((await again.get("greeting"))?.value)).toBe("hello");
  });

  it("lets no second process work on its log, and frees it when it cannot start", async () => {
    await start();
    await expect(RunningClusterNode.open(options)).rejects.toMatchObject({ code: "CLUSTER_LOG_TAKEN" });
    await node!.stop();
    const identity = { ...options.identity, certificate: "none" };
    await expect(RunningClusterNode.open({ ...options, identity })).rejects.toThrow();
    await start();
  });
});
