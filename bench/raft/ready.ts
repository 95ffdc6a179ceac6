import { setTimeout as sleep } from "node:timers/promises";
import { decodeStatusAnswer, STATUS, type MemberStatus } from "./etcd-api.ts";
import { Channel } from "./grpc.ts";
import type { Cluster, Member } from "./side.ts";

const READY_MS = 60_000;

export async function statusOf({ endpoint }: Member): Promise<MemberStatus | undefined> {
  const channel = new Channel(endpoint);
  try {
    return decodeStatusAnswer(await channel.call(STATUS, new Uint8Array(0), 1000));
  } catch {
    return undefined;
  } finally {
    channel.close();
  }
}

/** Waits until all members follow one leader and are within a few entries of each other; gives back the leader. */
export async function untilReady({ members }: Pick<Cluster, "members">): Promise<Member> {
  for (const end = performance.now() + READY_MS; performance.now() < end; await sleep(50)) {
    const all = await Promise.all(members.map(statusOf));
    const applied = all.map((status) => Number(status?.applied ?? NaN));
    const leaders = new Set(all.map((status) => status?.leader));
    const [leader] = leaders;
    if (leaders.size !== 1 || leader === undefined || leader === 0n) continue;
    if (Math.max(...applied) - Math.min(...applied) > 10) continue;
    const index = all.findIndex((status) => status?.member === leader);
    if (index >= 0) return members[index]!;
  }
  throw new Error(`the members did not agree on a leader within ${READY_MS / 1000} s`);
}
