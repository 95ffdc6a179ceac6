import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { labMachine } from "../../src/toolkit/lab/lab.ts";
import { parseMonitorLine, type Change } from "./holders.ts";

/**
 * Watches who bears the VIP by the kernel's own messages, from outside in the machine's network namespace: so it goes
 * on while the machine is frozen, misses nothing between two looks, and costs the machine nothing.
 */
export class Watch {
  readonly changes: Change[] = [];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when the watch sees: its namespace is entered and its socket open. */
  static async start(lab: Lab, machine: string): Promise<Watch> {
    const { vip } = lab.state.topology.network;
    const { State } = await lab.engine.docker.getContainer(labMachine(lab, machine).container).inspect();
    const child = spawn(
      "nsenter",
      ["-t", String(State.Pid), "-n", "ip", "-ts", "-o", "-4", "monitor", "address"],
      { env: { ...process.env, TZ: "UTC" }, stdio: ["ignore", "pipe", "inherit"] },
    );
    const watch = new Watch(child);
    createInterface({ input: child.stdout }).on("line", (line) => {
      const change = parseMonitorLine(line, vip);
      if (change) watch.changes.push({ machine, ...change });
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (child.exitCode !== null) throw new Error(`ip monitor ended at once on ${machine}`);
    return watch;
  }

  /** What came from `since` on, milliseconds since 1970, with times counted from there. */
  after(since: number): readonly Change[] {
    return this.changes
      .filter(({ atMs }) => atMs >= since)
      .map((change) => ({ ...change, atMs: Math.round(change.atMs - since) }));
  }

  stop(): void {
    this.#child.kill();
  }
}
