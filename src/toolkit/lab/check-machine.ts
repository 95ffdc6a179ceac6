import { randomBytes } from "node:crypto";
import { execa } from "execa";
import type { Transport } from "../ssh/transport.ts";
import type { Engine } from "./engine.ts";

/** A container of the machine image with nothing running in it, for programs that only look at files. */
export interface CheckMachine {
  readonly transport: Transport;
  /** The name of its one interface: keepalived refuses loopback and names that are not there. */
  readonly interface: string;
  remove(): Promise<void>;
}

const IDLE_SECONDS = "3600";

/** Starts it. Removed by `remove`, and by itself after an hour if that never comes. */
export async function startCheckMachine({ docker }: Engine, image: string): Promise<CheckMachine> {
  const container = await docker.createContainer({
    name: `mailbastion-check-${randomBytes(4).toString("hex")}`,
    Image: image,
    Entrypoint: ["sleep"],
    Cmd: [IDLE_SECONDS],
    HostConfig: { AutoRemove: true, Init: true, CapAdd: ["NET_ADMIN"] },
  });
  await container.start();
  return {
    transport: transportTo(container.id),
    interface: "eth0",
    remove: () => container.remove({ force: true }),
  };
}

/** Through the engine's own client, as it streams what goes in. */
function transportTo(container: string): Transport {
  return {
    async run(_machine, { argv, stdin: own }, given) {
      const fed =
        typeof own === "object"
          ? { inputFile: own.localFile }
          : { input: (given as string | undefined) ?? own ?? "" };
      const result = await execa("docker", ["exec", "--interactive", container, ...argv], {
        reject: false,
        stripFinalNewline: false,
        ...fed,
      });
      return { code: result.exitCode ?? 127, stdout: result.stdout, stderr: result.stderr };
    },
    close: () => Promise.resolve(),
  };
}
