import { ForgetfulDisk } from "../../../../src/mailnode/disk/forgetful-disk.ts";
import type { Accepted } from "../../../../src/mailnode/cluster/consensus.ts";
import { InlineBackend } from "../../../../src/mailnode/raft/log/log-backend.ts";
import { LogWriter } from "../../../../src/mailnode/raft/log/log-writer.ts";
import { RaftLog } from "../../../../src/mailnode/raft/log/raft-log.ts";
import { DRIVER_DEFAULTS, type DriverOptions } from "../../../../src/mailnode/raft/shell/driver-options.ts";
import { Driver } from "../../../../src/mailnode/raft/shell/driver.ts";
import type { Founders } from "../../../../src/mailnode/raft/shell/founders.ts";
import { VirtualTime } from "../../cluster/virtual-time.ts";
import { MemoryNetwork } from "./memory-network.ts";

const DIRECTORY = "/log";
const SEGMENT_BYTES = 64 * 1024;

/** A member with a state machine that is the list of what it was given. */
export interface Member {
  readonly id: string;
  readonly driver: Driver;
  readonly log: RaftLog;
  disk: ForgetfulDisk;
  words: string[];
}

/** Drivers over a network in memory and disks that forget what was not synced, in virtual time. */
export class DrivenCluster {
  readonly time: VirtualTime;
  readonly network: MemoryNetwork;
  readonly members = new Map<string, Member>();
  readonly ids: readonly string[];
  /** What members reported. */
  readonly problems: string[] = [];
  readonly #options: Partial<DriverOptions>;
  readonly #witnesses: readonly string[];
  /** How long a sync takes. */
  syncMs = 1;

  constructor(
    count: number,
    options: Partial<DriverOptions> = {},
    { seed = 1, witnesses = [] }: { readonly seed?: number; readonly witnesses?: readonly string[] } = {},
  ) {
    this.time = new VirtualTime(seed);
    this.network = new MemoryNetwork(this.time);
    this.ids = Array.from({ length: count }, (_, i) => `n${i + 1}`);
    this.#options = options;
    this.#witnesses = witnesses;
  }

  get founders(): Founders {
    return { voters: this.ids, witnesses: this.#witnesses };
  }

  /** Starts all of them, and waits for a leader. */
  async begin(): Promise<Member> {
    for (const id of this.ids) await this.start(id);
    return this.leader();
  }

  /** Starts a member on its disk, or on a new one. */
  async start(id: string, { founder = true }: { readonly founder?: boolean } = {}): Promise<Member> {
    const member = await this.open(id);
    await this.time.until(member.driver.start(founder ? this.founders : undefined));
    return member;
  }

  /** A member with its disk open, that has not been started. */
  async open(id: string): Promise<Member> {
    const disk = this.members.get(id)?.disk ?? new ForgetfulDisk();
    const later = (run: () => void): void => void this.time.schedule(this.syncMs, run, id);
    const log = await RaftLog.open({
      directory: DIRECTORY,
      disk,
      blocking: disk.blocking,
      newNode: () => id,
      segmentBytes: SEGMENT_BYTES,
      backend: (tail, segments) =>
        new InlineBackend(new LogWriter(disk.blocking, DIRECTORY, SEGMENT_BYTES, tail, segments), later),
    });
    const driver = new Driver({
      log,
      transport: this.network.transport(id),
      env: this.time.env(id),
      options: { ...DRIVER_DEFAULTS, witness: this.#witnesses.includes(id), ...this.#options },
      stamp: () => undefined,
      later: queueMicrotask,
      report: (problem) => void this.problems.push(problem),
    });
    const member: Member = { id, driver, log, disk, words: [] };
    driver.follow({
      apply: ({ data }) => void member.words.push(new TextDecoder().decode(data)),
      snapshot: () => new TextEncoder().encode(JSON.stringify(member.words)),
      restore: (bytes) => {
        member.words = JSON.parse(new TextDecoder().decode(bytes)) as string[];
      },
    });
    this.members.set(id, member);
    return member;
  }

  member(id: string): Member {
    return this.members.get(id)!;
  }

  /** Takes a member's power: what was not synced is gone, or in part. Start it again on what is left. */
  async losePower(id: string): Promise<void> {
    const member = this.member(id);
    member.disk.fault = () => "power";
    await this.time.until(member.driver.stop());
    member.disk = member.disk.afterPowerLoss(() => this.time.random());
  }

  /** The member that leads and is followed by a quorum, once there is one. */
  async leader(among: readonly string[] = this.ids): Promise<Member> {
    for (let waited = 0; waited < 60_000; waited += 50) {
      for (const id of among) {
        const member = this.member(id);
        const status = member.driver.status();
        if (status?.role !== "leader" || member.driver.leader() === undefined) continue;
        const followers = among.filter((other) => this.member(other).driver.leader()?.id === id);
        if (followers.length > this.ids.length / 2 || among.length === 1) return member;
      }
      await this.time.pass(50);
    }
    throw new Error("nobody leads after a minute");
  }

  propose(id: string, word: string, level: "one" | "two" | "quorum" | "all" = "quorum"): Promise<Accepted> {
    return this.member(id).driver.propose(new TextEncoder().encode(word), { level });
  }

  /** Proposes and lets time pass until the answer is there. */
  say(id: string, word: string, level?: "one" | "two" | "quorum" | "all"): Promise<Accepted> {
    return this.time.until(this.propose(id, word, level));
  }

  async settle(ms = 3000): Promise<void> {
    await this.time.pass(ms);
  }
}
