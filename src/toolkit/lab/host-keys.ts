import type Docker from "dockerode";
import { UserError } from "../../support/errors.ts";
import { replaceFile } from "../disk/replace-file.ts";
import type { HostKey } from "../ssh/host-key.ts";
import { addKnownHost, forgetKnownHost, readKnownHosts } from "../ssh/known-hosts-file.ts";
import { execIn } from "./exec.ts";
import type { Lab } from "./lab.ts";

/** Where a container's sshd is reached, and the container's name on its engine. */
export interface ContainerHost {
  readonly container: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Writes the lab's known_hosts from the host keys that the engine reads inside each machine, so that no first
 * connection has to be believed.
 */
export async function readHostKeys({ engine, paths, state }: Lab): Promise<void> {
  const lines = await Promise.all(
    state.topology.machines.map(async ({ name, ssh }) => {
      const keys = await hostKeysIn(engine.docker, state.containers[name]!);
      return keys.map(({ type, base64 }) => `${ssh.host} ${type} ${base64}\n`).join("");
    }),
  );
  await replaceFile(paths.knownHosts, lines.join(""), 0o600);
}

/**
 * The same for machines that Terraform made on a Docker engine: a key of each comes into the project's known_hosts.
 *
 * What the engine says counts more than what was known: a container that was made anew has new keys.
 */
export async function learnHostKeys(
  docker: Docker,
  hosts: readonly ContainerHost[],
  knownHosts: string,
): Promise<void> {
  for (const address of hosts) {
    const keys = await hostKeysIn(docker, address.container);
    const key = keys.find(({ type }) => type === "ssh-ed25519") ?? keys[0]!;
    if ((await readKnownHosts([knownHosts])).judge(address, key).kind === "known") continue;
    await forgetKnownHost(knownHosts, address);
    await addKnownHost(knownHosts, address, key);
  }
}

/** Throws CONTAINER_MISSING for a machine that was not made yet. */
async function hostKeysIn(docker: Docker, container: string): Promise<readonly HostKey[]> {
  const argv = ["sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub"];
  const { stdout } = await execIn(docker, container, argv).catch((error: unknown) => {
    if ((error as { readonly statusCode?: number }).statusCode !== 404) throw error;
    throw new UserError(
      "CONTAINER_MISSING",
      `the engine has no container ${container}`,
      "make the machines first: cdktf deploy; for a lab: mbctl lab up, and add --lab",
      { cause: error },
    );
  });
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([type, base64]) => ({ type: type!, base64: base64! }));
}
