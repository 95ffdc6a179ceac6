import type { Disk, DiskFile } from "./disk.ts";
import { ForgetfulBlockingDisk, type DiskFault, type Operation } from "./forgetful-blocking-disk.ts";

export type { DiskFault, Operation } from "./forgetful-blocking-disk.ts";

/** A ForgetfulBlockingDisk as a Disk: a simulated node has one of them, with both faces. */
export class ForgetfulDisk implements Disk {
  readonly blocking: ForgetfulBlockingDisk;

  constructor(blocking = new ForgetfulBlockingDisk()) {
    this.blocking = blocking;
  }

  /** Asked before every operation but makeDirectory. */
  get fault(): (operation: Operation) => DiskFault | undefined {
    return this.blocking.fault;
  }

  set fault(fault: (operation: Operation) => DiskFault | undefined) {
    this.blocking.fault = fault;
  }

  /** How many operations there were. */
  get operations(): number {
    return this.blocking.operations;
  }

  async makeDirectory(path: string): Promise<void> {
    this.blocking.makeDirectory(path);
  }

  async create(path: string): Promise<DiskFile> {
    const file = this.blocking.create(path);
    return {
      append: async (bytes) => file.write(file.size(), [bytes]),
      sync: async () => file.sync(),
      close: async () => file.close(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.blocking.rename(from, to);
  }

  async link(from: string, to: string): Promise<void> {
    this.blocking.link(from, to);
  }

  async remove(path: string): Promise<void> {
    this.blocking.remove(path);
  }

  async list(path: string): Promise<readonly string[]> {
    return this.blocking.list(path);
  }

  async *read(path: string, start = 0): AsyncIterable<Uint8Array> {
    const content = this.blocking.content(path).subarray(start);
    const middle = content.length >> 1;
    yield content.subarray(0, middle);
    yield content.subarray(middle);
  }

  async size(path: string): Promise<number> {
    return this.blocking.size(path);
  }

  async freeBytes(path: string): Promise<number> {
    return this.blocking.freeBytes(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.blocking.syncDirectory(path);
  }

  /** The disk as it is found when the power is back. `random` decides what of the unsynced was written in time. */
  afterPowerLoss(random: () => number): ForgetfulDisk {
    return new ForgetfulDisk(this.blocking.afterPowerLoss(random));
  }

  /** The disk as the next process finds it when only the process died: the page cache is still there. */
  afterKill(): ForgetfulDisk {
    return new ForgetfulDisk(this.blocking.afterKill());
  }
}
