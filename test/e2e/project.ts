import { execFile, type ChildProcess } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { ClusterInput } from "../../src/toolkit/spec/schema.ts";
import { NEXT_HOP_PORT } from "../../src/toolkit/lab/up.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { makeAuthority, makeCertificate } from "../../src/toolkit/vault/pki.ts";
import { DeployProject } from "../terraform/deploy.ts";
import { until } from "./until.ts";

const MBCTL = fileURLToPath(new URL("../../bin/mbctl.js", import.meta.url));

export interface Ended {
  readonly code: number;
  readonly output: string;
  /** What killed it. */
  readonly signal?: string;
}

/** What a description sets otherwise. */
interface Edit {
  readonly mail?: object;
  readonly weight?: number;
  /** Only these; the others stand by. */
  readonly machines?: readonly string[];
}

/**
 * The project of a user who has taken a lab's machines for existing hosts: a description with their addresses, a
 * certificate of their own, the key to log in; the vault's key in a file, as without a terminal.
 */
export class HostsProject {
  readonly deploy: DeployProject;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #lab: Lab;
  #lastStatus = "";

  private constructor(lab: Lab, deploy: DeployProject, environment: Readonly<Record<string, string>>) {
    this.#lab = lab;
    this.deploy = deploy;
    this.#environment = environment;
  }

  static async of(lab: Lab): Promise<HostsProject> {
    const environment: Record<string, string> = { MAILBASTION_SSH_KEY_FILE: lab.paths.key, CI: "false" };
    const deploy = new DeployProject({ cluster: "", environment });
    environment["MAILBASTION_KEY_FILE"] = join(deploy.folder, "vault.key");
    environment["HOME"] = join(deploy.folder, "home");
    await mkdir(environment["HOME"]);
    await writeCertificate(deploy.folder, lab.state.topology.network.vip);
    const project = new HostsProject(lab, deploy, environment);
    project.describe({});
    return project;
  }

  get folder(): string {
    return this.deploy.folder;
  }

  /** Where the journals of runs lie. */
  get runs(): string {
    return join(this.folder, ".mailbastion", "hosts", "runs");
  }

  get knownHosts(): string {
    return join(this.folder, ".mailbastion", "hosts", "known_hosts");
  }

  /** Writes the description anew, with some of its keys set otherwise. */
  describe(edit: Edit): void {
    this.deploy.describe(stringify(description(this.#lab, this.folder, edit)));
  }

  /** Runs mbctl in the project's folder, as a person would; does not throw when it fails. */
  mbctl(...args: readonly string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /** The same, with the process in hand, to be killed. */
  start(...args: readonly string[]): { process: ChildProcess; ended: Promise<Ended> } {
    const options = {
      cwd: this.folder,
      env: { ...process.env, ...this.#environment, NO_COLOR: "1" },
      maxBuffer: 64 * 1024 * 1024,
    };
    let end: (ended: Ended) => void;
    const ended = new Promise<Ended>((resolve) => (end = resolve));
    const child = execFile(process.execPath, [MBCTL, ...args], options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
      end({ code, output: `${stdout}${stderr}`, ...(error?.signal && { signal: error.signal }) });
    });
    return { process: child, ended };
  }

  /** Runs mbctl, which asks nothing; its output. Throws with that when it fails. */
  async succeeds(...args: readonly string[]): Promise<string> {
    const { code, output } = await this.mbctl(...args, "--yes");
    if (code !== 0) throw new Error(`mbctl ${args.join(" ")} ended with ${code}:\n${output}`);
    return output;
  }

  /** Makes a backup in a folder that has none yet. */
  async backup(to: string): Promise<{ readonly folder: string; readonly output: string }> {
    const output = await this.succeeds("backup", "--to", to);
    return { folder: join(to, (await readdir(to))[0]!), output };
  }

  /** Whether `mbctl status` finds nothing to say. */
  async isWhole(): Promise<boolean> {
    const { code, output } = await this.mbctl("status", "--timeout", "60");
    this.#lastStatus = output;
    return code === 0;
  }

  /** Waits for that. Throws with what status found last when it does not come to pass in time, four minutes unless said. */
  async becomesWhole(limitMs = 4 * 60_000): Promise<void> {
    await until("the cluster is whole", () => this.isWhole(), limitMs).catch((error: Error) => {
      throw new Error(`${error.message}:\n${this.#lastStatus}`);
    });
  }

  cdktfDeploy(): Promise<Ended> {
    return this.deploy.deploy(this.#environment);
  }
}

function description(lab: Lab, folder: string, edit: Edit): ClusterInput {
  const { network, machines } = lab.state.topology;
  const named = machines.filter(({ name }) => edit.machines?.includes(name) ?? true);
  return {
    name: "hosts",
    platform: { kind: "hosts" },
    network: { cidr: network.cidr, vip: network.vip },
    mail: {
      domains: ["example.com"],
      relayNetworks: [network.cidr],
      nextHop: `${lab.state.gateway}:${NEXT_HOP_PORT}`,
      // Short, so that the test need not wait half a minute for the second attempt.
      retry: { first: "1s", longest: "2s" },
      ...edit.mail,
    },
    tls: { public: { certificateFile: join(folder, "mail.crt"), keyFile: join(folder, "mail.key") } },
    machines: Object.fromEntries(
      named.map(({ name, address, roles }) => [
        name,
        {
          address,
          roles: [...roles],
          ...(name === "node-3" && edit.weight !== undefined && { weight: edit.weight }),
        },
      ]),
    ),
  };
}

async function writeCertificate(folder: string, vip: string): Promise<void> {
  const now = Date.now();
  const authority = await makeAuthority("a certificate authority of the test", now);
  const subject = { commonName: "mail.example.com", names: ["mail.example.com"], addresses: [vip] };
  const pair = await makeCertificate(
    { kind: "certificate", name: "public", authority: "test", ...subject },
    authority,
    now,
  );
  await writeFile(join(folder, "mail.crt"), pair.certificate);
  await writeFile(join(folder, "mail.key"), pair.key, { mode: 0o600 });
}
