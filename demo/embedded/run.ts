import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerLines, type Ledger } from "../../src/toolkit/lab/mail/ledger.ts";
import { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { losePower, timed } from "../scenario.ts";
import { loopbackPem } from "./certificate.ts";
import { freePorts } from "./free-ports.ts";
import { Front } from "./front.ts";
import { NodeProcess } from "./node-process.ts";

const NODES = ["node-1", "node-2", "node-3"];
const START_MS = 30_000;
const QUEUED = 100;

export interface EmbeddedDemoOptions {
  /** Takes one line for people, without its end. */
  readonly print: (line: string) => void;
}

/**
 * The demonstration without Docker: three mail nodes as processes on loopback behind a small TCP front. Mail
 * arrives, the node that holds a queue is killed, mail goes on, and every answered id is counted at the end.
 *
 * Leaves nothing behind. Rejects when a process does not start or mail does not arrive in time.
 */
export async function runEmbeddedDemo({ print }: EmbeddedDemoOptions): Promise<Ledger> {
  const directory = await mkdtemp(join(tmpdir(), "mailbastion-demo-"));
  const ends: (() => Promise<void>)[] = [() => rm(directory, { recursive: true })];
  try {
    const nextHop = await NextHop.start("127.0.0.1");
    ends.push(() => nextHop.stop());
    const ports = await freePorts(2 * NODES.length);
    const nodes = await prepareNodes(directory, ports, nextHop.port);
    ends.push(...[...nodes.values()].map((node) => () => node.stop()));
    await timed(print, "three mail nodes take mail, as processes of this machine", () =>
      Promise.all([...nodes.values()].map((node) => node.start(START_MS))),
    );
    const front = await Front.start(NODES.map((name, index) => ({ name, port: ports[index]! })));
    ends.push(() => front.stop());
    const world = {
      smtp: { host: "127.0.0.1", port: front.port },
      nextHop,
      holder: () => Promise.resolve(front.holder),
      // The front sends everything to its holder as it is.
      gather: () => Promise.resolve(),
      kill: (name: string) => nodes.get(name)!.kill(),
      start: (name: string) => nodes.get(name)!.start(START_MS),
    };
    const { ledger } = await losePower(world, { print, queued: QUEUED });
    for (const line of ledgerLines(ledger)) print(line);
    return ledger;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function prepareNodes(
  directory: string,
  ports: readonly number[],
  nextHopPort: number,
): Promise<ReadonlyMap<string, NodeProcess>> {
  const pem = join(directory, "node.pem");
  await writeFile(pem, await loopbackPem(), { mode: 0o600 });
  const nodes = await Promise.all(
    NODES.map((name, index) =>
      NodeProcess.prepare({
        name,
        directory: join(directory, name),
        smtpPort: ports[index]!,
        adminPort: ports[NODES.length + index]!,
        nextHopPort,
        pem,
      }),
    ),
  );
  return new Map(nodes.map((node) => [node.name, node]));
}
