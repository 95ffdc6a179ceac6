import { loadCluster } from "../../src/toolkit/project/load-cluster.ts";
import { packagesOf } from "../../src/toolkit/containers/packages.ts";
import { labDown } from "../../src/toolkit/lab/down.ts";
import type { Engine } from "../../src/toolkit/lab/engine.ts";
import { ensureImage } from "../../src/toolkit/lab/image.ts";
import { exec, type Lab } from "../../src/toolkit/lab/lab.ts";
import { powerState, start } from "../../src/toolkit/lab/power.ts";
import { labUp } from "../../src/toolkit/lab/up.ts";
import { runApply } from "../../src/toolkit/runbooks/apply/run-apply.ts";
import { neverInterrupted } from "../../src/toolkit/runner/interruption.ts";
import { Recorder } from "../../src/toolkit/runner/recorder.ts";
import { silentReporter } from "../../src/toolkit/runner/reporter.ts";
import { systemEnv } from "../../src/toolkit/runner/system-env.ts";
import { services } from "../../src/toolkit/services/registry.ts";
import { sshOptions } from "../../src/toolkit/ssh/options.ts";
import { SshTransport } from "../../src/toolkit/ssh/ssh-transport.ts";
import { resolve } from "../../src/toolkit/topology/resolve.ts";
import { machineNamed, type Topology } from "../../src/toolkit/topology/topology.ts";
import { throwawayVault } from "../../src/toolkit/vault/throwaway-vault.ts";
import type { SecretStore } from "../../src/toolkit/vault/vault.ts";

const LAB = "bench-vrrp";
const EXAMPLE = "examples/three-machines.yaml";
/** All that bears a VIP and answers on it; what lies behind would only be noise. */
const PARTS = services.filter(({ name }) => ["kernel", "nftables", "haproxy", "keepalived"].includes(name));
const SETTLE_LIMIT_MS = 60_000;

/* keepalived writes what it knows to /tmp/keepalived.data when it is told to; that takes it a moment. */
const DUMP = `rm -f /tmp/keepalived.data
kill -USR1 "$(cat /run/keepalived.pid)"
for look in 1 2 3 4 5 6 7 8 9 10; do
  grep -q 'Advert interval' /tmp/keepalived.data 2>/dev/null && break
  sleep 0.1
done
cat /tmp/keepalived.data`;

/** How often the holder of the VIP says so, and how often nobody may hear it before the VIP moves. */
export interface Timing {
  readonly intervalMs: number;
  readonly missedAdverts: number;
}

/** The two balancers of the three-machines example in a lab of their own, with the files that apply puts there. */
export class Balancers {
  readonly lab: Lab;
  readonly names: readonly [string, string];
  readonly #secrets: SecretStore;

  private constructor(lab: Lab, secrets: SecretStore) {
    const [first, second] = lab.state.topology.machines;
    this.lab = lab;
    this.names = [first!.name, second!.name];
    this.#secrets = secrets;
  }

  /** Makes the machines; what an earlier run left behind is removed first. */
  static async up(engine: Engine, project: string, report: (line: string) => void): Promise<Balancers> {
    await labDown(engine, { project, name: LAB });
    const { spec } = await loadCluster(EXAMPLE);
    const described = resolve(spec);
    // The whole example's packages: the image is then the one that the demo uses.
    const image = await ensureImage(engine, { variant: "machine", packages: packagesOf(described), report });
    const lab = await labUp(engine, balancersOf(described), { name: LAB, project, image, report });
    const secrets = await throwawayVault(
      PARTS.flatMap((service) => service.secrets(lab.state.topology)),
      systemEnv.now(),
    );
    return new Balancers(lab, secrets);
  }

  static down(engine: Engine, project: string): Promise<unknown> {
    return labDown(engine, { project, name: LAB });
  }

  /** Puts the generated files for these adverts on both, as an operator would who changed the description. */
  async apply(timing: Timing): Promise<void> {
    const topology = withTiming(this.lab.state.topology, timing);
    const { directory, knownHosts, key } = this.lab.paths;
    const options = { ...sshOptions(directory, LAB, process.env, [key]), knownHostsFiles: [knownHosts] };
    const transport = new SshTransport((name) => machineNamed(topology, name).ssh, options);
    try {
      await runApply({
        overrides: [],
        overwrite: true,
        topology,
        services: PARTS,
        secrets: this.#secrets,
        transport,
        env: systemEnv,
        reporter: silentReporter,
        recorder: new Recorder(),
        interruption: neverInterrupted,
        dryRun: false,
      });
    } finally {
      await transport.close();
    }
  }

  /** Waits until both run, one bears the VIP and keepalived of the other stands by, and names the one. */
  async settled(): Promise<string> {
    for (const name of this.names)
      if ((await powerState(this.lab, name)) !== "running") await start(this.lab, name);
    const end = performance.now() + SETTLE_LIMIT_MS;
    while (performance.now() < end) {
      const states = await Promise.all(this.names.map((name) => this.#state(name)));
      const holder = this.names.find((_name, index) => states[index] === "MASTER with the VIP");
      if (holder !== undefined && states.includes("BACKUP without the VIP")) return holder;
      await systemEnv.sleep(250);
    }
    throw new Error(`within ${SETTLE_LIMIT_MS / 1000} s the balancers did not agree on a holder of the VIP`);
  }

  other(name: string): string {
    return this.names.find((candidate) => candidate !== name)!;
  }

  /** What keepalived of a machine says about itself, as text. */
  async dump(machine: string): Promise<string> {
    return (await exec(this.lab, machine, ["sh", "-c", DUMP])).stdout;
  }

  /** The lines of keepalived's journal that name a change of state, since a time in milliseconds since 1970. */
  async stateChanges(machine: string, sinceMs: number): Promise<readonly string[]> {
    const since = `@${(sinceMs / 1000).toFixed(3)}`;
    const { stdout } = await exec(this.lab, machine, [
      ...["journalctl", "--unit=keepalived", "--output=short-unix", "--no-pager", "--since", since],
    ]);
    return stdout.split("\n").filter((line) => line.includes("Entering"));
  }

  async #state(machine: string): Promise<string> {
    const { vip } = this.lab.state.topology.network;
    const [data, addresses] = await Promise.all([
      this.dump(machine),
      exec(this.lab, machine, ["ip", "-o", "-4", "address", "show", "to", `${vip}/32`]),
    ]);
    const state = /^\s*State = (\w+)/m.exec(data)?.[1] ?? "unknown";
    return `${state} ${addresses.stdout.trim() === "" ? "without" : "with"} the VIP`;
  }
}

function balancersOf(described: Topology): Topology {
  const machines = described.machines.filter(({ roles }) => roles.includes("balancer"));
  return {
    ...described,
    cluster: LAB,
    machines: machines.map((machine) => ({ ...machine, roles: ["balancer" as const] })),
  };
}

function withTiming(topology: Topology, { intervalMs, missedAdverts }: Timing): Topology {
  const { balancer } = topology;
  const vrrp = { ...balancer.vrrp, advertIntervalMs: intervalMs, missedAdverts };
  return { ...topology, balancer: { ...balancer, vrrp } };
}
