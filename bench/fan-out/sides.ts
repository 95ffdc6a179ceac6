import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { UserError } from "../../src/support/errors.ts";
import type { Servers } from "./servers.ts";

/** A program that does the work of a measure. */
export interface Side {
  readonly name: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** How many machines answered, by what it printed. */
  readonly answered: (output: string) => number;
  /** Before each round, outside of the time that is taken: its connections must be cold. */
  readonly prepare?: () => Promise<Readonly<Record<string, string>>>;
  /** After each round, outside of the time that is taken. */
  readonly tidy?: () => Promise<void>;
}

/** mbctl as this checkout runs it, from src. */
export const CHECKOUT = fileURLToPath(new URL("../../bin/mbctl.js", import.meta.url));
const CLUSTER = "fan-out";

/** mbctl, with a description of the servers' machines. `args` follow `mbctl`, with the options of a target at their end. */
export async function mbctlSide(
  servers: Servers,
  mbctl: string,
  name: string,
  args: (target: readonly string[]) => readonly string[],
  answered: Side["answered"],
): Promise<Side> {
  const file = join(servers.folder, `cluster-${servers.hosts.length}.yaml`);
  await writeFile(file, description(servers));
  const state = join(servers.folder, ".mailbastion", CLUSTER);
  await mkdir(state, { recursive: true });
  await writeFile(join(state, "known_hosts"), servers.knownHosts);
  return {
    name,
    argv: [process.execPath, mbctl, ...args(["--file", file, "--identity", servers.keyFile])],
    environment: { HOME: join(servers.folder, "home") },
    answered,
  };
}

/** Three machines with all services, as the rules of a description want them, and mail machines beside them. */
function description({ hosts, port, user }: Servers): string {
  const isOdd = hosts.length % 2 === 1;
  const roles = (index: number): string => {
    if (index < 3) return "[balancer, mail, database, cache, storage]";
    return index === hosts.length - 1 && !isOdd ? "[balancer]" : "[mail]";
  };
  const machines = hosts.map(
    ({ machine, address }, index) =>
      `  ${machine}: { address: 10.77.250.${index + 1}, roles: ${roles(index)}, ssh: { host: ${address} } }`,
  );
  return [
    `name: ${CLUSTER}`,
    "platform: { kind: hosts }",
    "network: { cidr: 10.77.250.0/24, vip: 10.77.250.254 }",
    'mail: { domains: [example.com], nextHop: "mx.internal:25" }',
    "tls: { public: { certificateFile: /etc/ssl/none.pem, keyFile: /etc/ssl/none.key } }",
    `ssh: { user: ${user}, port: ${port} }`,
    "machines:",
    ...machines,
    "",
  ].join("\n");
}

/**
 * Ansible's ad-hoc command as its manual gives it. Its persistent connections are kept within a round and ended after
 * it. Throws BENCH_NO_ANSIBLE where it is not installed.
 */
export async function ansibleSide(
  servers: Servers,
  name: string,
  tuning: Readonly<Record<string, string>> = {},
): Promise<Side> {
  const inventory = join(servers.folder, "inventory");
  const common = `-F /dev/null -o UserKnownHostsFile=${join(servers.folder, "known_hosts")} -o StrictHostKeyChecking=yes`;
  const lines = servers.hosts.map(
    ({ machine, address }) =>
      `${machine} ansible_host=${address} ansible_port=${servers.port} ansible_user=${servers.user} ansible_ssh_private_key_file=${servers.keyFile} ansible_ssh_common_args="${common}"`,
  );
  await writeFile(inventory, `${lines.join("\n")}\n`);
  await writeFile(join(servers.folder, "known_hosts"), servers.knownHosts);
  const config = join(servers.folder, "ansible.cfg");
  await writeFile(config, "[defaults]\n");
  const found = await execa("ansible", ["--version"], { reject: false });
  if (found.exitCode !== 0) {
    throw new UserError("BENCH_NO_ANSIBLE", "there is no ansible here", "apt-get install ansible-core");
  }
  let sockets: string;
  return {
    name,
    argv: ["ansible", "all", "-i", inventory, "-m", "command", "-a", "uptime", "-f", String(servers.hosts.length)], // prettier-ignore
    environment: { HOME: join(servers.folder, "home"), ANSIBLE_CONFIG: config, ...tuning },
    answered: (output) => output.match(/^\S+ \| CHANGED \| rc=0 >>\n.*load average/gm)?.length ?? 0,
    prepare: async () => {
      sockets = await mkdtemp(join(servers.folder, "cp-"));
      return { ANSIBLE_SSH_CONTROL_PATH_DIR: sockets };
    },
    tidy: async () => {
      const paths = (await readdir(sockets)).map((file) => join(sockets, file));
      await Promise.all(
        paths.map((path) =>
          execa("ssh", ["-O", "exit", "-o", `ControlPath=${path}`, "none"], { reject: false }),
        ),
      );
    },
  };
}

/** Nothing but OpenSSH's own client, one process for each machine: what the logins alone take. */
export function sshSide(servers: Servers, name: string): Side {
  const common = ["-F", "/dev/null", "-i", servers.keyFile, "-o", "StrictHostKeyChecking=yes"];
  const known = ["-o", `UserKnownHostsFile=${join(servers.folder, "known_hosts")}`];
  const script = 'for host in $HOSTS; do ssh "$@" "$host" uptime & done; wait';
  return {
    name,
    argv: ["sh", "-c", script, "sh", ...common, ...known, "-p", String(servers.port), "-l", servers.user],
    environment: { HOSTS: servers.hosts.map(({ address }) => address).join(" ") },
    answered: countUptimes,
  };
}

/** Machines of which `mbctl status --json` knows something. */
export function countStatus(output: string): number {
  try {
    const { machines } = JSON.parse(output) as {
      readonly machines: readonly { readonly unreachable?: string }[];
    };
    return machines.filter(({ unreachable }) => unreachable === undefined).length;
  } catch {
    return 0;
  }
}

export function countUptimes(output: string): number {
  return output.match(/load average/g)?.length ?? 0;
}
