import { loadavg } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { usageOf } from "./child.ts";
import type { Load, LoadResult } from "./load.ts";
import type { Options } from "./options.ts";
import { untilReady } from "./ready.ts";
import type { Trial } from "./record.ts";
import type { Cluster } from "./side.ts";

const CLIENTS = join(import.meta.dirname, "load.ts");

/** What one load came to, beside who bore it. */
export type Outcome = Omit<Trial, "side" | "round">;

/** One load on a cluster that runs, against its leader. */
export async function loadTrial(
  cluster: Cluster,
  { seconds, warmUpSeconds }: Options,
  what: Pick<Load, "operation" | "pace">,
): Promise<Outcome> {
  const { endpoint } = await untilReady(cluster);
  const load = loadavg()[0]!;
  const before = await membersCpu(cluster);
  const order: Load = { ...what, endpoint, warmUpMs: warmUpSeconds * 1000, ms: seconds * 1000 };
  const { stdout } = await execa(process.execPath, ["--no-warnings", CLIENTS, JSON.stringify(order)]);
  const result = JSON.parse(stdout) as LoadResult;
  const after = await membersCpu(cluster);
  // The warm-up was the same load: its part of the time is its part of the work.
  const share = seconds / (seconds + warmUpSeconds);
  return { ...result, load, ...(!cluster.isTraced && { membersCpuSeconds: (after - before) * share }) };
}

async function membersCpu({ members }: Cluster): Promise<number> {
  const all = await Promise.all(members.map(({ pid }) => usageOf(pid!)));
  return all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}
