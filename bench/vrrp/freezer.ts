import { readFile, writeFile } from "node:fs/promises";
import { labMachine, type Lab } from "../../src/toolkit/lab/lab.ts";
import { systemEnv } from "../../src/toolkit/runner/system-env.ts";

/** Where the kernel is told to freeze a container, and in which words. */
export interface Freezer {
  readonly file: string;
  readonly frozen: string;
  readonly thawed: string;
}

/** The freezer of a process's container, from its /proc/PID/cgroup: the first version's where there is one. */
export function freezerOf(cgroups: string): Freezer {
  const path = (controller: string) =>
    cgroups
      .split("\n")
      .map((line) => /^\d+:([^:]*):(\/.+)$/.exec(line))
      .find((match) => match?.[1] === controller)?.[2];
  const first = path("freezer");
  if (first !== undefined)
    return { file: `/sys/fs/cgroup/freezer${first}/freezer.state`, frozen: "FROZEN", thawed: "THAWED" };
  // In the second version the machine's systemd has moved itself into a group below the container's.
  const second = path("")?.replace(/\/init\.scope$/, "");
  if (second === undefined) throw new Error(`no freezer is named by ${JSON.stringify(cgroups)}`);
  return { file: `/sys/fs/cgroup${second}/cgroup.freeze`, frozen: "1", thawed: "0" };
}

/**
 * Freezes every process of a machine for `ms`, and returns the least and the most that it can have been, in
 * milliseconds. A process that sleeps, as keepalived nearly always does, does nothing more from the word on: where it
 * wakes up next is the freezer.
 *
 * Past the engine, whose `pause` starts a program first and gives up when busy processes do not stop within moments: on
 * busy processors the length of a pause would be chance.
 */
export async function freeze(lab: Lab, machine: string, ms: number): Promise<readonly [number, number]> {
  const { State } = await lab.engine.docker.getContainer(labMachine(lab, machine).container).inspect();
  const freezer = freezerOf(await readFile(`/proc/${State.Pid}/cgroup`, "utf8"));
  const asked = performance.now();
  try {
    await writeFile(freezer.file, freezer.frozen);
    const frozen = performance.now();
    await systemEnv.sleep(ms);
    const thawing = performance.now();
    await writeFile(freezer.file, freezer.thawed);
    return [Math.round(thawing - frozen), Math.round(performance.now() - asked)];
  } finally {
    await writeFile(freezer.file, freezer.thawed);
  }
}
