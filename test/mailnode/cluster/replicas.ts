import { Replica, REPLICA_DEFAULTS, type ReplicaOptions } from "../../../src/mailnode/cluster/replica.ts";
import type { Env } from "../../../src/support/env.ts";
import { MemoryCluster } from "./memory-consensus.ts";
import { VirtualTime, type ClockFaults } from "./virtual-time.ts";

export const NAMES = ["node-1", "node-2", "node-3"] as const;

export interface Replicas {
  readonly time: VirtualTime;
  readonly cluster: MemoryCluster;
  readonly replica: (name: string) => Replica;
  readonly env: (name: string) => Env;
}

/** Three replicas over a log in memory; node-1 leads. */
export function replicas(
  options: {
    readonly seed?: number;
    readonly clocks?: Readonly<Record<string, ClockFaults>>;
    readonly replica?: Partial<ReplicaOptions>;
    readonly names?: readonly string[];
  } = {},
): Replicas {
  const time = new VirtualTime(options.seed);
  const cluster = new MemoryCluster(time, options.names ?? NAMES, options.clocks);
  const made = new Map(
    cluster.ids.map((id) => {
      const consensus = cluster.node(id);
      return [id, new Replica(consensus, consensus.env, { ...REPLICA_DEFAULTS, ...options.replica })];
    }),
  );
  return {
    time,
    cluster,
    replica: (name) => made.get(name)!,
    env: (name) => cluster.node(name).env,
  };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value);
}
