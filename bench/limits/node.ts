import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../demo/embedded/free-ports.ts";
import { joinCluster } from "../../src/mailnode/library/index.ts";
import type { RateLimits } from "../../src/mailnode/cluster/rate-limits.ts";
import { certificatesFor } from "../raft/certificates.ts";

/** A real node that is a cluster by itself: a log on a disk, TLS, gossip. */
export interface Node {
  readonly limits: RateLimits;
  stop(): Promise<void>;
}

export async function startNode(): Promise<Node> {
  const folder = await mkdtemp(join(tmpdir(), "mailbastion-limits-"));
  const nodeId = "node-1";
  const [{ key, certificate, authority }] = (await certificatesFor([nodeId])) as [
    Awaited<ReturnType<typeof certificatesFor>>[number],
  ];
  const security = {
    pem: join(folder, "pem"),
    authority: join(folder, "authority"),
    gossipKeys: join(folder, "keys"),
  };
  await writeFile(security.pem, `${key}\n${certificate}`, { mode: 0o600 });
  await writeFile(security.authority, authority);
  await writeFile(security.gossipKeys, Buffer.alloc(32, 1).toString("base64"));
  const [clusterPort, logPort] = (await freePorts(2)) as [number, number];
  const cluster = await joinCluster({
    nodeId,
    founders: [nodeId],
    directory: join(folder, "log"),
    security,
    clusterPort,
    logPort,
    discovery: { method: "static", seeds: [] },
  });
  await cluster.whenActive();
  return {
    limits: cluster.inner.limits,
    stop: async () => {
      await cluster.leave();
      await rm(folder, { recursive: true });
    },
  };
}
