/**
 * The clients, in a process of their own: each has one call under way at a time, or calls go out at a fixed rate. What to
 * do is the only argument, as JSON; what came of it is the only line on standard output.
 */
import { createHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { encodePut, encodeRange, PUT, RANGE } from "./etcd-api.ts";
import { Channel } from "./grpc.ts";

export interface Load {
  readonly endpoint: string;
  readonly operation: "put" | "get" | "stale get";
  readonly pace: Pace;
  readonly warmUpMs: number;
  readonly ms: number;
}

/** So many clients, of which each waits for its answer; or so many calls a second, whatever became of those before. */
export type Pace = { readonly clients: number } | { readonly perSecond: number };

export interface LoadResult {
  /** Calls that were answered within `seconds`. */
  readonly answered: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  /** Processor seconds of the clients themselves. */
  readonly cpuSeconds: number;
}

/** As many keys of eight bytes; each call takes another one. */
const KEYS = 10_000;
const VALUE_BYTES = 256;
const CLIENTS_PER_CONNECTION = 64;
const TIMEOUT_MS = 10_000;

const { endpoint, operation, pace, warmUpMs, ms } = JSON.parse(process.argv[2]!) as Load;
const value = Buffer.alloc(VALUE_BYTES, "mailbastion ");
const keys = Array.from({ length: KEYS }, (_, i) => Buffer.from(String(i).padStart(8, "0"), "latin1"));
const [method, requests] =
  operation === "put"
    ? [PUT, keys.map((key) => encodePut({ key, value }))]
    : [RANGE, keys.map((key) => encodeRange({ key, isStale: operation === "stale get" }))];
const connections = "clients" in pace ? Math.ceil(pace.clients / CLIENTS_PER_CONNECTION) : 1;
const channels = Array.from({ length: connections }, () => new Channel(endpoint));

const histogram = createHistogram({ figures: 3, highest: 60_000_000 });
let [answered, failed] = [0, 0];
let measuring = false;
let over = false;

/** One call, and its place in the measure; whether there was an answer. */
async function call(channel: Channel, number: number): Promise<boolean> {
  const begin = performance.now();
  const ok = await channel.call(method, requests[number % KEYS]!, TIMEOUT_MS).then(
    () => true,
    () => false,
  );
  if (!measuring) return ok;
  if (ok) {
    answered++;
    histogram.record(Math.max(1, Math.round((performance.now() - begin) * 1000)));
  } else failed++;
  return ok;
}

async function client(first: number, clients: number): Promise<void> {
  const channel = channels[first % channels.length]!;
  for (let number = first; !over; number += clients) {
    // A member that turns all away at once must not keep this process busy.
    if (!(await call(channel, number)) && measuring) await sleep(10);
  }
}

async function paced(perSecond: number): Promise<void> {
  const begin = performance.now();
  const calls: Promise<boolean>[] = [];
  while (!over) {
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
    while (calls.length <= due) calls.push(call(channels[0]!, calls.length));
    await sleep(begin + (calls.length * 1000) / perSecond - performance.now());
  }
  await Promise.all(calls);
}

const running =
  "clients" in pace
    ? Array.from({ length: pace.clients }, (_, number) => client(number, pace.clients))
    : [paced(pace.perSecond)];
await sleep(warmUpMs);
const [begin, cpu] = [performance.now(), process.cpuUsage()];
measuring = true;
await sleep(ms);
measuring = false;
const [seconds, used] = [(performance.now() - begin) / 1000, process.cpuUsage(cpu)];
over = true;
await Promise.all(running);
for (const channel of channels) channel.close();
const result: LoadResult = {
  answered,
  failed,
  seconds,
  p50Ms: histogram.percentile(50) / 1000,
  p99Ms: histogram.percentile(99) / 1000,
  worstMs: histogram.max / 1000,
  cpuSeconds: (used.user + used.system) / 1e6,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
