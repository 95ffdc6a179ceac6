import { PORTS } from "../../contract/ports.ts";
import { labMachine, type Lab } from "./lab.ts";
import { waitForSsh } from "./ready.ts";

const FREEZE_ATTEMPTS = 5;

export type PowerState = "running" | "paused" | "off";

/** Takes the machine's power away: nothing is synced, stopped or told. Its disks stay. No effect when it is off. */
export async function kill(lab: Lab, machine: string): Promise<void> {
  const container = containerOf(lab, machine);
  // A frozen process cannot be killed under cgroup v1.
  if ((await powerState(lab, machine)) === "paused") await container.unpause();
  await container.kill().catch(ignore(409));
}

/**
 * Makes a machine run that is off or frozen, and waits until sshd answers; after a loss of power /run and /tmp are
 * fresh. No effect when it runs.
 */
export async function start(lab: Lab, machine: string): Promise<void> {
  if ((await powerState(lab, machine)) === "paused") await unpause(lab, machine);
  await containerOf(lab, machine).start().catch(ignore(304));
  await waitForSsh(machine, labMachine(lab, machine).address, PORTS.ssh);
}

/** Freezes every process: connections are still accepted and pings answered, but nothing more. A hung machine. */
export async function pause(lab: Lab, machine: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return void (await containerOf(lab, machine).pause());
    } catch (error) {
      // On a busy machine the engine gives up before every process is frozen.
      if ((error as { statusCode?: number }).statusCode !== 500 || attempt === FREEZE_ATTEMPTS) throw error;
    }
  }
}

export async function unpause(lab: Lab, machine: string): Promise<void> {
  await containerOf(lab, machine).unpause();
}

export async function powerState(lab: Lab, machine: string): Promise<PowerState> {
  const { State } = await containerOf(lab, machine).inspect();
  return State.Paused ? "paused" : State.Running ? "running" : "off";
}

function containerOf(lab: Lab, machine: string) {
  return lab.engine.docker.getContainer(labMachine(lab, machine).container);
}

function ignore(statusCode: number): (error: unknown) => void {
  return (error) => {
    if ((error as { statusCode?: number }).statusCode !== statusCode) throw error;
  };
}
