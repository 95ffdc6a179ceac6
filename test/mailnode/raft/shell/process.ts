/**
 * A member in a process of its own, for tests: told by JSON lines on its standard input, and answers by them.
 * The first line says who it is, the second whom it joins; each further one is an operation.
 */
import { createInterface } from "node:readline";
import { NotProposed } from "../../../../src/mailnode/cluster/consensus.ts";
import { Refused } from "../../../../src/mailnode/cluster/replica.ts";
import { ReplicatedState } from "../../../../src/mailnode/cluster/replicated-state.ts";
import { RunningClusterNode } from "../../../../src/mailnode/node/cluster-node.ts";
import { systemEnv } from "../../../../src/mailnode/node/system-env.ts";
import type { Founders } from "../../../../src/mailnode/raft/shell/founders.ts";
import type { PeerAddress } from "../../../../src/mailnode/raft/shell/tls-options.ts";
import { Secret } from "../../../../src/support/secret.ts";
import type { RegisterInput } from "../../linearizable/clients.ts";
import type { Output } from "../../linearizable/history.ts";

export interface WhoLine {
  readonly directory: string;
  readonly port: number;
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
  readonly tickMs: number;
  readonly snapshotLogBytes: number;
}

export interface JoinLine {
  readonly peers: readonly (readonly [string, PeerAddress])[];
  readonly founders: Founders;
}

export interface OperationLine {
  readonly number: number;
  readonly key: string;
  readonly input: RegisterInput;
}

export type AnswerLine =
  | { readonly id: string; readonly port: number }
  | { readonly leader: string | undefined }
  /** `refused`: it certainly had no effect. */
  | { readonly number: number; readonly output: Output | "refused" };

const answer = (line: AnswerLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function perform(state: ReplicatedState, { key, input }: OperationLine): Promise<Output> {
  const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value);
  if (input.kind === "write") {
    await state.set(key, new TextEncoder().encode(input.value));
    return { kind: "done" };
  }
  const record = await state.get(key);
  if (input.kind === "read") return { kind: "value", value: text(record?.value) };
  // Every value is written once: another version is another value.
  if (text(record?.value) !== input.from) return { kind: "mismatch" };
  try {
    await state.compareAndSet(key, record?.version ?? 0, new TextEncoder().encode(input.to));
    return { kind: "done" };
  } catch (error) {
    if (error instanceof Refused) return { kind: "mismatch" };
    throw error;
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async <Line>(): Promise<Line> => JSON.parse((await lines.next()).value as string) as Line;

const { key, certificate, authority, tickMs, snapshotLogBytes, ...who } = await next<WhoLine>();
const node = await RunningClusterNode.open({
  ...who,
  cluster: "test",
  host: "127.0.0.1",
  identity: { key: new Secret(key), certificate, authority },
  env: systemEnv,
  driver: { tickMs, snapshotLogBytes, keepLogBytes: snapshotLogBytes / 5 },
  replica: { timeoutMs: 4000 },
});
answer({ id: node.id, port: node.port });
const { peers, founders } = await next<JoinLine>();
node.driver.onLeaderChange((leader) => answer({ leader: leader?.id }));
await node.start(new Map(peers), founders);
const state = new ReplicatedState(node.replica);
void node.driver.stopped.then((error) => {
  if (error !== undefined) throw error;
});
for await (const line of lines) {
  const operation = JSON.parse(line) as OperationLine;
  perform(state, operation).then(
    (output) => answer({ number: operation.number, output }),
    (error: unknown) =>
      answer({
        number: operation.number,
        output: error instanceof NotProposed ? "refused" : { kind: "unknown" },
      }),
  );
}
await node.stop();
