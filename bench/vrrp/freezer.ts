import { readFile, writeFile } from "node:fs/promises";
import { labMachine, type Lab } from "../../src/toolkit/lab/lab.ts";
import { systemEnv } from "../../src/toolkit/runner/system-env.ts";

/** Where the kernel is told to freeze a container, and in which words. */
export interface Freezer {
  readonly file: string;
  readonly frozen: string;
  readonly thawed: string;
  /** What says that it is done, and how. */
  readonly state: { readonly file: string; readonly pattern: RegExp };
}

const LIMIT_MS = 2_000;

/** The freezer of a process's container, from its /proc/PID/cgroup: the first version's where there is one. */
export function freezerOf(cgroups: string): Freezer {
  const path = (controller: string) =>
    cgroups
      .split("\n")
      .map((line) => /^\d+:([^:]*):(\/.+)$/.exec(line))
      .find((match) => match?.[1] === controller)?.[2];
  const first = path("freezer");
  if (first !== undefined) {
    const file = `/sys/fs/cgroup/freezer${first}/freezer.state`;
    return { file, frozen: "FROZEN", thawed: "THAWED", state: { file, pattern: /^FROZEN/ } };
  }
  // In the second version the machine's systemd has moved itself into a group below the container's.
  const second = path("")?.replace(/\/init\.scope$/, "");
  if (second === undefined) throw new Error(`no freezer is named by ${JSON.stringify(cgroups)}`);
  const folder = `/sys/fs/cgroup${second}`;
  return {
    file: `${folder}/cgroup.freeze`,
    frozen: "1",
    thawed: "0",
    state: { file: `${folder}/cgroup.events`, pattern: /^frozen 1$/m },
  };
}

/**
 * Freezes every process of a machine, for `ms` from the moment on at which keepalived stands still. Returns the least
 * and the most that it can have stood still.
 *
 * Past the engine, whose `pause` starts a program first and gives up when busy processes do not stop within moments: on
 * busy processors the length of a pause would be chance.
 */
export async function freeze(lab: Lab, machine: string, ms: number): Promise<readonly [number, number]> {
  const container = lab.engine.docker.getContainer(labMachine(lab, machine).container);
  const { State } = await container.inspect();
  const freezer = freezerOf(await readFile(`/proc/${State.Pid}/cgroup`, "utf8"));
  const { Processes } = (await container.top({ ps_args: "-eo pid,ppid,comm" })) as { Processes: string[][] };
  const keepalived = vrrpProcess(Processes);
  const isStill = async () =>
    isFrozenState(await readFile(`/proc/${keepalived}/stat`, "utf8")) ||
    freezer.state.pattern.test(await readFile(freezer.state.file, "utf8"));
  const asked = performance.now();
  try {
    await writeFile(freezer.file, freezer.frozen);
    while (!(await isStill())) {
      if (performance.now() > asked + LIMIT_MS)
        throw new Error(`${machine} did not freeze in ${LIMIT_MS} ms`);
      await systemEnv.sleep(1);
    }
    const still = performance.now();
    await systemEnv.sleep(ms);
    const least = performance.now() - still;
    await writeFile(freezer.file, freezer.thawed);
    return [Math.round(least), Math.round(performance.now() - asked)];
  } finally {
    await writeFile(freezer.file, freezer.thawed);
  }
}

/** The process of keepalived that speaks VRRP, which is the child of the other. Lines of pid, ppid, name. */
export function vrrpProcess(lines: readonly (readonly string[])[]): string {
  const own = lines.filter((line) => line[2]?.startsWith("keepalived") || line[2]?.startsWith("Keepalived"));
  const child = own.find((line) => own.some((other) => other[0] === line[1]));
  if (!child) throw new Error(`keepalived does not run as two processes: ${JSON.stringify(own)}`);
  return child[0]!;
}

/** Whether /proc/PID/stat is of a process in the first version's freezer: it sleeps without minding signals. */
export function isFrozenState(stat: string): boolean {
  return /\) D /.test(stat);
}
