import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../demo/embedded/free-ports.ts";
import { UserError } from "../../src/support/errors.ts";

/** Real SSH servers of OpenSSH, one for each machine, at addresses of loopback, with what both sides need to get in. */
export interface Servers {
  /** Holds all files of the bench; removed at the end. */
  readonly folder: string;
  readonly hosts: readonly Host[];
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  /** The text of a known_hosts file. */
  readonly knownHosts: string;
  stop(): Promise<void>;
}

export interface Host {
  readonly machine: string;
  readonly address: string;
}

/** Starts them as the user who runs the bench. Throws BENCH_NO_SSHD where Debian's openssh-server is not installed. */
export async function startServers(count: number): Promise<Servers> {
  const sshd = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].find((path) => existsSync(path));
  if (!sshd) {
    throw new UserError("BENCH_NO_SSHD", "there is no sshd here", "apt-get install openssh-server");
  }
  const folder = await mkdtemp(join(tmpdir(), "mailbastion-fan-out-"));
  await chmod(folder, 0o755);
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true });
  await mkdir(join(folder, "home"));
  const keyFile = join(folder, "login-key");
  const login = await makeKey(keyFile);
  await writeFile(join(folder, "authorized_keys"), `${login}\n`);
  // Free at the first address; the others are this bench's alone.
  const port = (await freePorts(1))[0]!;
  const hosts = Array.from({ length: count }, (_, index) => ({
    machine: `node-${index + 1}`,
    address: `127.0.0.${index + 1}`,
  }));
  const processes: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map(ended));
    await rm(folder, { recursive: true });
  };
  try {
    const lines: string[] = [];
    for (const { machine, address } of hosts) {
      const hostKey = join(folder, `${machine}-host-key`);
      lines.push(`[${address}]:${port} ${await makeKey(hostKey)}`);
      processes.push(await startOne(sshd, folder, `${address}:${port}`, machine, hostKey));
    }
    await Promise.all(hosts.map(({ address }, index) => untilListening(processes[index]!, address, port)));
    const knownHosts = `${lines.join("\n")}\n`;
    return { folder, hosts, port, user: userInfo().username, keyFile, knownHosts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startOne(
  sshd: string,
  folder: string,
  listen: string,
  machine: string,
  hostKey: string,
): Promise<ChildProcess> {
  const config = join(folder, `${machine}-sshd_config`);
  const lines = [
    `ListenAddress ${listen}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    `PidFile none`,
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    // As Debian's own configuration has it: Ansible copies its modules by it.
    "Subsystem sftp /usr/lib/openssh/sftp-server",
    // What the person who runs the bench has in the start files of a shell is on no machine of a cluster.
    `SetEnv HOME=${join(folder, "home")}`,
  ];
  await writeFile(config, `${lines.join("\n")}\n`);
  return spawn(sshd, ["-D", "-f", config], { stdio: "ignore" });
}

async function makeKey(file: string): Promise<string> {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  return (await readFile(`${file}.pub`, "utf8")).trim();
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill();
  await once(server, "exit");
}

async function untilListening(server: ChildProcess, host: string, port: number): Promise<void> {
  while (!(await accepts(host, port))) {
    if (server.exitCode !== null) throw new Error(`sshd at ${host}:${port} ended with ${server.exitCode}`);
    await sleep(20);
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
