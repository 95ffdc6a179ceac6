/**
 * A member of ours in a process of its own: the product's log, transport, driver and replicated state, and in front of
 * them the calls of etcd's API that the benchmark makes. Its first line on standard input says who it is, the second
 * who the others are.
 */
import { createInterface } from "node:readline";
import { ReplicatedState } from "../../src/mailnode/cluster/replicated-state.ts";
import { RunningClusterNode } from "../../src/mailnode/node/cluster-node.ts";
import { systemEnv } from "../../src/mailnode/node/system-env.ts";
import { Secret } from "../../src/support/secret.ts";
import {
  decodePut,
  decodeRange,
  encodeRangeAnswer,
  encodeStatusAnswer,
  PUT,
  RANGE,
  STATUS,
} from "./etcd-api.ts";
import { serve } from "./grpc.ts";

export interface WhoLine {
  readonly directory: string;
  readonly peerPort: number;
  readonly clientPort: number;
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
}

export interface JoinLine {
  /** All members with the ports of their peers, in the order of their numbers, which begin with 1. */
  readonly members: readonly { readonly id: string; readonly port: number }[];
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async <Line>(): Promise<Line> => JSON.parse((await lines.next()).value as string) as Line;
const host = "127.0.0.1";

const { directory, peerPort, clientPort, key, certificate, authority } = await next<WhoLine>();
const node = await RunningClusterNode.open({
  directory,
  cluster: "bench",
  host,
  port: peerPort,
  identity: { key: new Secret(key), certificate, authority },
  env: systemEnv,
});
process.stdout.write(`${JSON.stringify({ id: node.id })}\n`);
const { members } = await next<JoinLine>();
const numberOf = (id: string | undefined): bigint => BigInt(members.findIndex((each) => each.id === id) + 1);
const state = new ReplicatedState(node.replica);

await serve(
  {
    [PUT]: async (request) => {
      const { key: name, value } = decodePut(request);
      await state.set(Buffer.from(name).toString("latin1"), value);
      return new Uint8Array(0);
    },
    [RANGE]: async (request) => {
      const { key: bytes, isStale } = decodeRange(request);
      const name = Buffer.from(bytes).toString("latin1");
      const record = isStale ? state.getStale(name) : await state.get(name);
      return encodeRangeAnswer(record && { key: bytes, value: record.value });
    },
    [STATUS]: () =>
      encodeStatusAnswer({
        member: numberOf(node.id),
        leader: numberOf(node.driver.leader()?.id),
        applied: BigInt(node.driver.status()?.applied ?? 0),
      }),
  },
  host,
  clientPort,
);
await node.start(new Map(members.map(({ id, port }) => [id, { host, port }])), {
  voters: members.map(({ id }) => id),
});
process.once("SIGTERM", () => void node.stop());
const error = await node.driver.stopped;
if (error !== undefined) throw error;
process.exit();
