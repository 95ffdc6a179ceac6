import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { encodePut, PUT } from "./etcd-api.ts";
import { Channel } from "./grpc.ts";
import { untilReady } from "./ready.ts";
import type { Failover, FaultName, SideName } from "./record.ts";
import type { Cluster, Member } from "./side.ts";

/** A new put to each of the members that are left, so often, whatever became of those before. */
const EVERY_MS = 10;
const CALL_MS = 5000;
const GIVE_UP_MS = 30_000;

/** Kills or stops the leader while the cluster is at rest, and brings it back afterwards. */
export async function failOver(
  cluster: Cluster,
  fault: FaultName,
  side: SideName,
  round: number,
): Promise<Failover> {
  const load = loadavg()[0]!;
  const leader = await untilReady(cluster);
  // Followers are at any point of their wait when it happens.
  await sleep(500 + 500 * Math.random());
  const left = cluster.members.filter((member) => member !== leader);
  const channels = left.map(({ endpoint }) => new Channel(endpoint));
  try {
    // Connected before the fault: the time is that of the cluster.
    await firstAnswer(channels);
    if (fault === "SIGSTOP") leader.signal("SIGSTOP");
    else await leader.kill();
    const ms = await firstAnswer(channels);
    return { fault, side, round, load, ...(ms !== undefined && { ms }) };
  } finally {
    for (const channel of channels) channel.close();
    await bringBack(leader, fault);
    await untilReady(cluster);
  }
}

async function bringBack(leader: Member, fault: FaultName): Promise<void> {
  if (fault === "SIGSTOP") leader.signal("SIGCONT");
  else await leader.restart();
}

/** How long it takes until some member answers a put. */
async function firstAnswer(channels: readonly Channel[]): Promise<number | undefined> {
  const begin = performance.now();
  let ms: number | undefined;
  const put = encodePut({ key: Buffer.from("failover"), value: Buffer.alloc(256, 1) });
  for (const end = begin + GIVE_UP_MS; ms === undefined && performance.now() < end; await sleep(EVERY_MS)) {
    for (const channel of channels)
      channel.call(PUT, put, CALL_MS).then(
        () => (ms ??= performance.now() - begin),
        // A member that is without a leader says so; the next put is under way already.
        () => undefined,
      );
  }
  return ms;
}
