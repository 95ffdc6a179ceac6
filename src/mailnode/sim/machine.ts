/** A simulated machine: a disk that forgets what was not synced, clocks that are wrong, and one process at a time. */
import { ForgetfulDisk } from "../disk/forgetful-disk.ts";
import type { DiskFault } from "../disk/forgetful-blocking-disk.ts";
import type { Promised } from "./promised.ts";
import type { Clock } from "./virtual-env.ts";
import type { NodeId } from "../raft/core/types.ts";

export class Machine<Process = unknown> {
  readonly name: string;
  readonly witness: boolean;
  /** In elections. */
  readonly rank: number;
  readonly clock: Clock;
  disk = new ForgetfulDisk();
  process: Process | undefined;
  /** Of the data directory; another one after the directory was lost. */
  id: NodeId;
  /** What the disk has promised to hold, while it is the same directory. */
  promised: Promised | undefined;
  /** How many lives it had. */
  lives = 0;
  /** Its end makes no sound: no other machine is told of broken connections at once. */
  silent = false;
  /** Something durable on its disk is not what was written: it may refuse to start or stop, and must not lie. */
  damaged = false;
  /** How many times as long as usual a sync takes. */
  slowness = 1;
  /** What its next syncs or writes come to. */
  diskFault: Exclude<DiskFault, "power"> | undefined;
  /** The power goes when its disk is asked for this operation; see ForgetfulBlockingDisk. */
  powerGoesAt = Infinity;
  #generation = 1;

  constructor(name: string, witness: boolean, rank: number, clock: Clock) {
    this.name = name;
    this.witness = witness;
    this.rank = rank;
    this.clock = clock;
    this.id = name;
  }

  /** Another disk, with nothing on it: whoever comes up there is somebody else. */
  loseDisk(): void {
    this.disk = new ForgetfulDisk();
    this.promised = undefined;
    this.damaged = false;
    this.id = `${this.name}.${++this.#generation}`;
  }
}
