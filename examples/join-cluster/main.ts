/*
 * Three nodes on one machine's loopback, in one program to be short; each would be a program of its own otherwise.
 *   node main.ts
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinCluster, type Cluster } from "mailbastion/cluster";
import { makeSecurity } from "./security.ts";

const NODES = ["node-1", "node-2", "node-3"];
const address = (index: number): string => `127.77.0.${index + 1}`;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), "join-cluster-"));
makeSecurity(folder, NODES);

const clusters = await Promise.all(
  NODES.map((nodeId, index) =>
    joinCluster({
      nodeId,
      founders: NODES,
      directory: join(folder, nodeId),
      address: address(index),
      seeds: NODES.map((_, peer) => `${address(peer)}:7946`),
      security: {
        pem: join(folder, `${nodeId}.pem`),
        authority: join(folder, "authority.pem"),
        gossipKeys: join(folder, "gossip.keys"),
      },
      heartbeatIntervalMs: 100,
      electionTimeoutMs: 1_000,
      failureDetectionTimeoutMs: 2_000,
    }),
  ),
);
const [one, two] = clusters as [Cluster, Cluster, Cluster];
await Promise.all(clusters.map((cluster) => cluster.whenActive()));

await one.replicateState("greeting", "hello", { ttlMs: 60_000, priority: "high" });
say(`${one.nodeCount} nodes, led by one of them: ${NODES.includes(one.leaderNodeId!)}`);
const record = await two.getState("greeting");
say(`node-2 reads: ${new TextDecoder().decode(record?.value)}`);

const stale = await two.compareAndSet("greeting", 0, "mine").catch((error: Error) => error);
say(`a write on what was not there: ${stale instanceof Error ? "refused" : "done"}`);

const lock = await one.acquireLock("nightly-report", 30_000);
const second = await two.acquireLock("nightly-report", 30_000).then(
  () => "free",
  () => "held by another",
);
say(`the lock has token ${lock.token > 0 ? "above 0" : "none"}; for node-2 it is ${second}`);
await lock.release();

const answers = [];
for (let i = 0; i < 4; i++)
  answers.push((await clusters[i % 3]!.checkRateLimit("192.0.2.1", { requestsPerHour: 3 })).allowed);
say(`four requests at three an hour, over all nodes: ${answers.filter(Boolean).length} allowed`);

two.onConfiguration("policy", (document) =>
  say(`node-2 works by version ${document.version}: ${new TextDecoder().decode(document.content)}`),
);
await one.distributeConfiguration("policy", "greylisting: on");
await two.getState("greeting");

await two.enterMaintenanceMode({ drainTimeoutMs: 1_000 });
while (two.status.state !== "maintenance") await new Promise((resolve) => setTimeout(resolve, 50));
say(`node-2 takes sessions: ${two.session(() => undefined) !== undefined}`);
await two.exitMaintenanceMode();
await two.whenActive();

await Promise.all(clusters.map((cluster) => cluster.leave()));
rmSync(folder, { recursive: true });
say("left");
