import { cpus, loadavg, release, totalmem } from "node:os";

/** What every result file says of the machine that it was measured on. */
export function machineFacts(): Readonly<Record<"processors" | "memory" | "kernel", string>> {
  return {
    processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
  };
}

/** Load averages of the last 1, 5 and 15 minutes: what else the machine had to do. */
export function loadAverages(): string {
  return loadavg().map((load) => load.toFixed(1)).join(" "); // prettier-ignore
}
