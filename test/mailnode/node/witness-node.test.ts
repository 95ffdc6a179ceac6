import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { healthSchema } from "../../../src/contract/health.ts";
import { parseNodeConfig, takesMail, type WitnessConfig } from "../../../src/contract/witness-config.ts";
import { askNode } from "../../../src/mailnode/node/ask-node.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { WitnessNode } from "../../../src/mailnode/node/witness-node.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { TestAuthority } from "../raft/shell/certificates.ts";

/* Real sockets, threads and disks, on a machine that may be busy. */
jest.setTimeout(120_000);

describe("a node that is nothing but a witness", () => {
  let directory: string;
  let config: WitnessConfig;
  let node: WitnessNode | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "witness-"));
    const authority = await TestAuthority.make();
    const { key, certificate, authority: trusted } = await authority.identity("node-3");
    await writeFile(join(directory, "pem"), `${key.reveal()}\n${certificate}`);
    await writeFile(join(directory, "authority"), trusted);
    await writeFile(join(directory, "keys"), `${Buffer.alloc(32, 1).toString("base64")}\n`);
    const [admin, gossip, raft] = await freePorts(3);
    const pem = join(directory, "pem");
    const read = parseNodeConfig(
      JSON.stringify({
        node: "node-3",
        admin: { address: "127.0.0.1", port: admin, pem },
        cluster: {
          name: "acme",
          founders: ["node-1", "node-2", "node-3"],
          witness: true,
          directory: join(directory, "raft"),
          address: "127.0.0.1",
          gossip: { port: gossip, keys: join(directory, "keys") },
          raft: { port: raft, pem, authority: join(directory, "authority") },
          discovery: { method: "static", seeds: [] },
        },
      }),
      "mbnode.json",
    );
    if (takesMail(read)) throw new Error("it takes mail");
    config = read;
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
    await rm(directory, { recursive: true });
  });

  const start = () => WitnessNode.start({ config, version: "1.2.3", env: systemEnv, log: quietLog });

  it("is well without a port for mail, takes none, and tells of its cluster", async () => {
    node = await start();
    const health = await askNode(config, "/health");
    expect(health.status).toBe(200);
    expect(healthSchema.parse(JSON.parse(health.body))).toMatchObject({
      status: "healthy",
      node: "node-3",
      checks: { services: {} },
      cluster: { name: "acme", leader: null, waiting: expect.stringContaining("node-1") },
    });
    const ready = await askNode(config, "/ready");
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.body)).toEqual({
      ready: false,
      node: "node-3",
      reason: "a witness takes no mail",
    });
  });

  it("says which port is taken", async () => {
    node = await start();
    const second = { ...config, cluster: { ...config.cluster, directory: join(directory, "other") } };
    const started = WitnessNode.start({ config: second, version: "1.2.3", env: systemEnv, log: quietLog });
    await expect(started).rejects.toMatchObject({ code: "MAILNODE_PORT_TAKEN" });
  });
});
