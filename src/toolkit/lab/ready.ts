import { connect } from "node:net";
import type Docker from "dockerode";
import { UserError } from "../../support/errors.ts";
import { execIn } from "./exec.ts";

const LIMIT_MS = 60_000;
const PAUSE_MS = 100;

/** Waits until sshd greets at the address. Throws LAB_MACHINE_SILENT after a minute. */
export async function waitForSsh(machine: string, address: string, port: number): Promise<void> {
  const ready = await until(() => greets(address, port));
  if (!ready) throw silent(machine, `sshd does not answer at ${address}:${port}`);
}

/**
 * Waits until a machine that was just made has started all its units.
 *
 * Throws LAB_MACHINE_SILENT when that takes more than a minute, and LAB_MACHINE_DEGRADED with their names when units
 * failed: on a machine that nobody has configured yet, that is a fault of the image or of the engine.
 */
export async function waitForSystem(docker: Docker, machine: string, container: string): Promise<void> {
  let state = "";
  const settled = await until(async () => {
    const answer = await execIn(docker, container, ["systemctl", "is-system-running", "--wait"], LIMIT_MS);
    state = answer.stdout.trim();
    return state === "running" || state === "degraded";
  });
  if (!settled) throw silent(machine, `systemd is ${state || "not up"}`);
  if (state === "running") return;
  const failed = await execIn(docker, container, ["systemctl", "--failed", "--plain", "--no-legend"]);
  const names = failed.stdout.split("\n").flatMap((line) => line.trim().split(/\s+/, 1)[0] || []);
  throw new UserError(
    "LAB_MACHINE_DEGRADED",
    `machine ${machine} started, but these units failed: ${names.join(", ")}`,
    `read \`docker exec ${container} journalctl -b\`; the engine may lack what docs/reference/lab.md asks for`,
  );
}

/** Whether the condition came true within the limit; an error counts as not yet. */
async function until(holds: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    if (await holds().catch(() => false)) return true;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return false;
}

function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", (data) => end(data.toString("latin1").startsWith("SSH-2.0-")));
    socket
      .once("error", () => end(false))
      .once("timeout", () => end(false))
      .once("close", () => end(false));
  });
}

function silent(machine: string, what: string): UserError {
  return new UserError(
    "LAB_MACHINE_SILENT",
    `machine ${machine} did not come up within ${LIMIT_MS / 1000} s: ${what}`,
    "read `docker logs` of its container, then take the lab down and up again",
  );
}
