import { replaceFile } from "../disk/replace-file.ts";
import { exec, type Lab } from "./lab.ts";

/**
 * Writes the lab's known_hosts from the host keys that the engine reads inside each machine, so that no first
 * connection has to be believed.
 */
export async function readHostKeys(lab: Lab): Promise<void> {
  const lines = await Promise.all(
    lab.state.topology.machines.map(async ({ name, ssh }) => {
      const { stdout } = await exec(lab, name, ["sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub"]);
      const keys = stdout.trim().split("\n");
      return keys.map((key) => `${ssh.host} ${key.split(" ").slice(0, 2).join(" ")}\n`).join("");
    }),
  );
  await replaceFile(lab.paths.knownHosts, lines.join(""), 0o600);
}
