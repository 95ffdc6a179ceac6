/** One run of a machine's program: from its start until it is killed, loses its power or stops. */
import type { Env } from "../../support/env.ts";
import type { LeaseKeeper } from "../cluster/lease-keeper.ts";
import type { RateLimits } from "../cluster/rate-limits.ts";
import type { ReplicatedState } from "../cluster/replicated-state.ts";
import type { Gossip } from "../membership/shell/gossip.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import type { RaftStatus } from "../raft/core/status.ts";
import type { NodeId } from "../raft/core/types.ts";
import type { LogMirror } from "./log-mirror.ts";
import type { Machine } from "./machine.ts";
import type { Owner } from "./scheduler.ts";

/** What a program consists of once its log is open. */
export interface Running extends ClusterNode {
  /** The id of the data directory. */
  readonly id: NodeId;
  readonly state: ReplicatedState;
  readonly leases: LeaseKeeper;
  readonly limits: RateLimits;
  /** Where the seed has it. */
  readonly gossip?: Gossip;
  /** What the driver gave to the log, durable or not. */
  readonly appended: LogMirror;
}

/** A machine with what runs on it. */
export type Host = Machine<Process>;

export class Process implements Owner {
  readonly machine: Host;
  /** Set as soon as it is made: nothing runs before. */
  env!: Env;
  alive = true;
  paused = false;
  running: Running | undefined;
  readonly #ends: (() => void)[] = [];
  #started = false;

  constructor(machine: Host) {
    this.machine = machine;
  }

  /** Undefined until the driver has started. */
  get status(): RaftStatus | undefined {
    return this.running?.driver.status();
  }

  /** Whether it has a core, and so a status: asked often, and a status is a large answer. */
  get started(): boolean {
    this.#started ||= this.status !== undefined;
    return this.#started;
  }

  /** Whether it can do something now. */
  get active(): boolean {
    return this.alive && !this.paused && this.started;
  }

  /** Calls back once, when it ends in whatever way. */
  onEnd(ended: () => void): void {
    this.#ends.push(ended);
  }

  end(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const ended of this.#ends) ended();
  }
}
