import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../fixtures/until.ts";
import { startClients, type Clients, type RegisterInput } from "../../linearizable/clients.ts";
import { Recorder, type Output } from "../../linearizable/history.ts";
import { TestAuthority } from "./certificates.ts";
import { MemberProcess, ProcessGone } from "./processes.ts";
import { Relay } from "./relay.ts";

const KEYS = ["x", "y", "z"];

export interface ProcessClusterOptions {
  readonly count: number;
  /** How many clients there are at each member, and how long each thinks. */
  readonly clients?: number;
  readonly pauseMs?: number;
  readonly snapshotLogBytes?: number;
  /** Where a member's data lie, instead of below the cluster's own folder. */
  readonly directoryOf?: (number: number) => string | undefined;
}

/** Members as processes of this machine, linked by relays, with a record of all that their clients saw. */
export class ProcessCluster {
  readonly members: readonly MemberProcess[];
  readonly recorder = new Recorder();
  readonly #home: string;
  readonly #options: ProcessClusterOptions;
  /** By "from-to", numbers of members. */
  readonly #relays = new Map<string, Relay>();

  static async start(options: ProcessClusterOptions): Promise<ProcessCluster> {
    const home = await mkdtemp(join(tmpdir(), "cluster-"));
    const authority = await TestAuthority.make();
    const members = await Promise.all(
      Array.from({ length: options.count }, async (_, i) => {
        const directory = options.directoryOf?.(i) ?? join(home, `n${i}`);
        const identity = await authority.identity(`n${i}`);
        return new MemberProcess({
          directory,
          identity,
          snapshotLogBytes: options.snapshotLogBytes ?? 100_000,
        });
      }),
    );
    const cluster = new ProcessCluster(home, members, options);
    await cluster.#link();
    await Promise.all(members.map((member) => member.start()));
    for (const member of members) cluster.#tellPeers(member);
    return cluster;
  }

  private constructor(home: string, members: readonly MemberProcess[], options: ProcessClusterOptions) {
    this.#home = home;
    this.members = members;
    this.#options = options;
  }

  async end(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    for (const relay of this.#relays.values()) relay.close();
    await rm(this.#home, { recursive: true });
  }

  async restart(member: MemberProcess): Promise<void> {
    await member.start();
    this.#tellPeers(member);
  }

  /** Whom a majority of all members follows, and who knows it. */
  async leader(): Promise<MemberProcess> {
    const { members } = this;
    let found: MemberProcess | undefined;
    await until(() => {
      found = members.find(
        ({ id }) => members.filter((other) => other.leader === id).length > members.length / 2,
      );
      return found?.running === true && found.leader === found.id;
    });
    return found!;
  }

  othersThan(...left: readonly MemberProcess[]): readonly MemberProcess[] {
    return this.members.filter((member) => !left.includes(member));
  }

  /** Cuts all links between these members and the others, both ways. */
  cutOff(group: readonly MemberProcess[]): void {
    for (const relay of this.#around(group)) relay.cut();
  }

  /** Cuts what these members send to the others, and not what they are sent. */
  silence(group: readonly MemberProcess[]): void {
    for (const [i, from] of this.members.entries())
      for (const [j, to] of this.members.entries())
        if (group.includes(from) && !group.includes(to)) this.#relays.get(`${i}-${j}`)!.cut();
  }

  healAll(): void {
    for (const relay of this.#relays.values()) relay.heal();
  }

  operate(member: MemberProcess, key: string, input: RegisterInput): Promise<Output | undefined> {
    const work = async (): Promise<Output> => {
      const output = await member.operate(key, input);
      if (output === "refused") throw new Error(output);
      return output;
    };
    return this.recorder.run(key, input, work, (error) =>
      error instanceof ProcessGone ? { kind: "unknown" } : undefined,
    );
  }

  /** The different answers, when every member is asked for the key. */
  async distinctReads(key: string): Promise<readonly string[]> {
    const reads = await Promise.all(
      this.members.map((member) => this.operate(member, key, { kind: "read" })),
    );
    return [...new Set(reads.map((output) => JSON.stringify(output)))];
  }

  talk(): Clients {
    const { clients = 2, pauseMs = 15 } = this.#options;
    const subjects = this.members.map((member) => ({
      operate: (key: string, input: RegisterInput) => this.operate(member, key, input),
      ready: (isOver: () => boolean) => until(() => member.running || isOver()),
    }));
    const all = Array.from({ length: clients }, () => subjects).flat();
    return startClients({ subjects: all, keys: KEYS, pauseMs });
  }

  async #link(): Promise<void> {
    for (const [i] of this.members.entries())
      for (const [j, to] of this.members.entries())
        if (i !== j) this.#relays.set(`${i}-${j}`, await Relay.listen(() => to.port));
  }

  #around(group: readonly MemberProcess[]): readonly Relay[] {
    return [...this.#relays].flatMap(([name, relay]) => {
      const [i, j] = name.split("-").map((number) => group.includes(this.members[Number(number)]!));
      return i === j ? [] : [relay];
    });
  }

  #tellPeers(member: MemberProcess): void {
    const from = this.members.indexOf(member);
    const peers = this.members.map(({ id, port }, to) => {
      const address = { host: "127.0.0.1", port: this.#relays.get(`${from}-${to}`)?.port ?? port };
      return [id, address] as const;
    });
    member.join({ peers, founders: { voters: this.members.map(({ id }) => id) } });
  }
}
