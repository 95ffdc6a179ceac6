import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePorts } from "../../demo/embedded/free-ports.ts";
import { certificatesFor } from "./certificates.ts";
import { Child } from "./child.ts";
import type { JoinLine, WhoLine } from "./member.ts";
import { untilReady } from "./ready.ts";
import type { Cluster, Member, Setup, Side, Syncs } from "./side.ts";

const HOST = "127.0.0.1";
const NAMES = ["m1", "m2", "m3"];
const PROGRAM = join(import.meta.dirname, "member.ts");

export const ourSide: Side = { name: "mailbastion", start };

async function start({ folder, syncs }: Setup): Promise<Cluster> {
  const certificates = await certificatesFor(NAMES);
  const ports = await freePorts(2 * NAMES.length);
  const members = await Promise.all(
    NAMES.map(async (name, i) => {
      const directory = join(folder, name);
      await mkdir(directory);
      const [peerPort, clientPort] = [ports[2 * i]!, ports[2 * i + 1]!];
      return new OurMember({ directory, peerPort, clientPort, ...certificates[i]! }, syncs);
    }),
  );
  const stop = async (): Promise<void> => void (await Promise.all(members.map((member) => member.stop())));
  try {
    const ids = await Promise.all(members.map((member) => member.open()));
    const all = ids.map((id, i) => ({ id, port: ports[2 * i]! }));
    for (const member of members) member.join({ members: all });
    await untilReady({ members });
    return { members, stop, isTraced: syncs !== "done" };
  } catch (error) {
    await stop();
    throw error;
  }
}

class OurMember implements Member {
  readonly endpoint: string;
  readonly #who: WhoLine;
  readonly #syncs: Syncs;
  #child: Child | undefined;
  #others: JoinLine | undefined;

  constructor(who: WhoLine, syncs: Syncs) {
    this.endpoint = `${HOST}:${who.clientPort}`;
    this.#who = who;
    this.#syncs = syncs;
  }

  get pid(): number | undefined {
    return this.#child?.running === true ? this.#child.process.pid : undefined;
  }

  /** Starts the process; gives back the id of its data directory. */
  async open(): Promise<string> {
    const argv = [process.execPath, "--no-warnings", PROGRAM];
    const child = new Child({ argv, syncs: this.#syncs, stdio: "pipe" });
    this.#child = child;
    child.process.stdin!.write(`${JSON.stringify(this.#who)}\n`);
    for await (const line of createInterface({ input: child.process.stdout! }))
      return (JSON.parse(line) as { id: string }).id;
    throw new Error("a member ended before it said who it is");
  }

  join(others: JoinLine): void {
    this.#others = others;
    this.#child!.process.stdin!.write(`${JSON.stringify(others)}\n`);
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.signal(name);
  }

  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.open();
    this.join(this.#others!);
  }
}
