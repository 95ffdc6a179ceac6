import { spawn, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { exec, type Lab } from "../../src/toolkit/lab/lab.ts";
import { powerState } from "../../src/toolkit/lab/power.ts";

/** Whatever happens to the bench, nothing spins longer than this. */
const LIMIT_S = 300;

/** The scheduling priority of the bench itself, which the load on the host does not inherit. */
export const OBSERVER_NICENESS = -10;
const SPIN = [
  "nice",
  "-n",
  String(-OBSERVER_NICENESS),
  "timeout",
  String(LIMIT_S),
  "sh",
  "-c",
  "while :; do :; done",
];

/* Prints a process id per loop. The loops do not hold the output open, so that the call comes back. */
const LOOPS = `for loop in $(seq "$1"); do
  timeout "$2" sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1 &
  echo $!
done`;

/**
 * Keeps every processor busy: for each one a loop on the host, which goes on while a machine is frozen, and one in
 * each machine, where it competes with keepalived inside the same group of processes.
 */
export class Load {
  readonly #lab: Lab;
  readonly #host: readonly ChildProcess[];
  readonly #inside: ReadonlyMap<string, readonly string[]>;

  private constructor(
    lab: Lab,
    host: readonly ChildProcess[],
    inside: ReadonlyMap<string, readonly string[]>,
  ) {
    this.#lab = lab;
    this.#host = host;
    this.#inside = inside;
  }

  static async start(lab: Lab, machines: readonly string[]): Promise<Load> {
    const count = availableParallelism();
    const inside = new Map<string, readonly string[]>();
    for (const machine of machines) {
      const { stdout } = await exec(lab, machine, ["sh", "-c", LOOPS, "sh", String(count), String(LIMIT_S)]);
      inside.set(machine, stdout.trim().split("\n"));
    }
    const host = Array.from({ length: count }, () => spawn(SPIN[0]!, SPIN.slice(1), { stdio: "ignore" }));
    return new Load(lab, host, inside);
  }

  async stop(): Promise<void> {
    // timeout hands its signal on to the loop.
    for (const child of this.#host) child.kill();
    for (const [machine, pids] of this.#inside)
      if ((await powerState(this.#lab, machine)) === "running")
        await exec(this.#lab, machine, ["sh", "-c", 'kill "$@" 2>/dev/null || true', "sh", ...pids]);
  }
}
