/**
 * The clients, in a process of their own: each has one call under way at a time. What to do is the only argument, as
 * JSON; what came of it is the only line on standard output.
 */
import { createHistogram } from "node:perf_hooks";
import { encodePut, encodeRange, PUT, RANGE } from "./etcd-api.ts";
import { Channel } from "./grpc.ts";

export interface Load {
  readonly endpoint: string;
  readonly operation: "put" | "get";
  readonly clients: number;
  readonly warmUpMs: number;
  readonly ms: number;
}

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

const { endpoint, operation, clients, warmUpMs, ms } = JSON.parse(process.argv[2]!) as Load;
const value = Buffer.alloc(VALUE_BYTES, "mailbastion ");
const keys = Array.from({ length: KEYS }, (_, i) => Buffer.from(String(i).padStart(8, "0"), "latin1"));
const [method, requests] =
  operation === "put"
    ? [PUT, keys.map((key) => encodePut({ key, value }))]
    : [RANGE, keys.map((key) => encodeRange(key))];
const channels = Array.from(
  { length: Math.ceil(clients / CLIENTS_PER_CONNECTION) },
  () => new Channel(endpoint),
);

const histogram = createHistogram({ figures: 3, highest: 60_000_000 });
let [answered, failed] = [0, 0];
let measuring = false;
let over = false;

async function client(number: number): Promise<void> {
  const channel = channels[number % channels.length]!;
  for (let call = number; !over; call += clients) {
    const begin = performance.now();
    const ok = await channel.call(method, requests[call % KEYS]!, TIMEOUT_MS).then(
      () => true,
      () => false,
    );
    if (!measuring) continue;
    if (!ok) {
      failed++;
      // A member that turns all away at once must not keep this process busy.
      await new Promise((resolve) => setTimeout(resolve, 10));
      continue;
    }
    answered++;
    histogram.record(Math.max(1, Math.round((performance.now() - begin) * 1000)));
  }
}

const running = Array.from({ length: clients }, (_, number) => client(number));
await new Promise((resolve) => setTimeout(resolve, warmUpMs));
const [begin, cpu] = [performance.now(), process.cpuUsage()];
measuring = true;
await new Promise((resolve) => setTimeout(resolve, ms));
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
