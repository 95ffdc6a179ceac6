import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Interruption } from "../common/interruption.ts";
import { print } from "../common/report.ts";
import { usageOf } from "./child.ts";
import { etcdSide } from "./etcd-side.ts";
import { failOver } from "./failover.ts";
import type { Options } from "./options.ts";
import { ourSide } from "./our-side.ts";
import {
  FAULTS,
  type Failover,
  type LoadTrial,
  type Measure,
  type Memory,
  type PacedTrial,
} from "./record.ts";
import type { Cluster, Side, Syncs } from "./side.ts";
import { loadTrial, type Outcome } from "./trial.ts";

const OPERATIONS = {
  put: "put",
  get: "get",
  "stale get": "stale get",
  "slow-disk put": "put",
  "put without syncs": "put",
} as const satisfies Record<Measure, string>;

/** What is measured so far, until something ends the run. */
export class Measuring {
  readonly loads: LoadTrial[] = [];
  readonly paced: PacedTrial[] = [];
  readonly failovers: Failover[] = [];
  readonly memory: Memory[] = [];
  readonly #options: Options;
  readonly #interruption: Interruption;

  constructor(options: Options, interruption: Interruption) {
    this.#options = options;
    this.#interruption = interruption;
  }

  /** Only one of the two runs at a time; each round begins with the other one. */
  async rounds(): Promise<void> {
    for (let round = 0; round < this.#options.rounds; round++) {
      const sides = round % 2 === 0 ? [ourSide, etcdSide] : [etcdSide, ourSide];
      for (const side of sides)
        await this.#with(side, "done", (cluster) => this.#atFullSpeed(side, cluster, round));
      const delayMs = this.#options.syncDelayMs;
      for (const side of sides)
        await this.#with(side, { delayMs }, (cluster) => this.#load(side, cluster, "slow-disk put", round));
      for (const side of sides)
        await this.#with(side, "left out", (cluster) =>
          this.#load(side, cluster, "put without syncs", round),
        );
    }
  }

  async #with(side: Side, syncs: Syncs, work: (cluster: Cluster) => Promise<void>): Promise<void> {
    if (this.#interruption.endedBy !== undefined) return;
    const folder = await mkdtemp(join(this.#options.folder, "mailbastion-raft-"));
    try {
      const cluster = await side.start({ folder, syncs });
      try {
        await work(cluster);
      } finally {
        await cluster.stop();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async #atFullSpeed(side: Side, cluster: Cluster, round: number): Promise<void> {
    await this.#load(side, cluster, "put", round);
    const usages = await Promise.all(cluster.members.map(({ pid }) => usageOf(pid!)));
    const residentBytes = usages.map((usage) => usage.residentBytes);
    this.memory.push({ side: side.name, round, residentBytes });
    await this.#load(side, cluster, "get", round);
    await this.#load(side, cluster, "stale get", round);
    for (const perSecond of this.#options.rates) {
      if (this.#interruption.endedBy !== undefined) return;
      const trial = await loadTrial(cluster, this.#options, { operation: "put", pace: { perSecond } });
      this.paced.push({ ...trial, side: side.name, round, perSecond });
      this.#say(side, round, `puts at a rate of ${perSecond}/s`, trial);
    }
    const { faults, rounds } = this.#options;
    // As many in each round as it takes to have all of them after the last.
    const count = Math.floor((faults * (round + 1)) / rounds) - Math.floor((faults * round) / rounds);
    for (let number = 0; number < count; number++)
      for (const fault of FAULTS) {
        if (this.#interruption.endedBy !== undefined) return;
        const failover = await failOver(cluster, fault, side.name, round);
        this.failovers.push(failover);
        print(
          `round ${round + 1} of ${rounds}, ${side.name}, ${fault}: ${failover.ms?.toFixed(0) ?? "no"} ms`,
        );
      }
  }

  async #load(side: Side, cluster: Cluster, measure: LoadTrial["measure"], round: number): Promise<void> {
    for (const clients of this.#options.clients) {
      if (this.#interruption.endedBy !== undefined) return;
      const order = { operation: OPERATIONS[measure], pace: { clients } };
      const trial = await loadTrial(cluster, this.#options, order);
      this.loads.push({ ...trial, measure, side: side.name, round, clients });
      this.#say(side, round, `${measure}, ${clients} clients`, trial);
    }
  }

  #say(side: Side, round: number, what: string, { answered, seconds, p50Ms, p99Ms, failed }: Outcome): void {
    print(
      `round ${round + 1} of ${this.#options.rounds}, ${side.name}, ${what}: ${(answered / seconds).toFixed(0)}/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms${failed > 0 ? `, ${failed} FAILED` : ""}`,
    );
  }
}
