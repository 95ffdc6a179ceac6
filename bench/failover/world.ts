import { execa } from "execa";
import { fileURLToPath } from "node:url";
import { ensureEngine } from "../../src/toolkit/lab/engine.ts";
import { exec, openLab, type Lab } from "../../src/toolkit/lab/lab.ts";
import { kill, start } from "../../src/toolkit/lab/power.ts";
import { confirm } from "../../demo/confirm.ts";
import type { Tier } from "./record.ts";

const PROJECT = fileURLToPath(new URL("../../examples/", import.meta.url)).replace(/\/$/, "");
const MBCTL = fileURLToPath(new URL("../../bin/mbctl.js", import.meta.url));
const NAME = "bench-failover";
const WHOLE_LIMIT_MS = 240_000;

/** The three-machines example as a whole cluster in a lab of its own, operated as a person would: by mbctl. */
export class World {
  readonly lab: Lab;

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  static async up(yes: boolean, print: (line: string) => void): Promise<World> {
    const engine = await ensureEngine({ yes, ask: confirm, report: print });
    await World.down();
    await mbctl(["lab", "up", ...described(), "--name", NAME, "--yes"], true);
    await mbctl(["apply", ...described(), "--lab", NAME, "--yes"], true);
    const world = new World(await openLab(engine, PROJECT, NAME));
    await world.whole();
    return world;
  }

  static async down(): Promise<void> {
    await mbctl(["lab", "down", ...described(), "--name", NAME, "--yes"], false);
  }

  get machines(): readonly string[] {
    return this.lab.state.topology.machines.map(({ name }) => name);
  }

  /** Waits until status finds nothing to say. */
  async whole(): Promise<void> {
    const end = performance.now() + WHOLE_LIMIT_MS;
    for (;;) {
      const { exitCode, stdout } = await mbctl(
        ["status", ...described(), "--lab", NAME, "--timeout", "30"],
        false,
      );
      if (exitCode === 0) return;
      if (performance.now() > end) throw new Error(`the cluster is not whole again:\n${stdout}`);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }

  /** Who holds a tier now, as the machines say. */
  async holderOf(tier: Tier): Promise<string> {
    for (const machine of this.machines) if (await this.holds(machine, tier)) return machine;
    throw new Error(`no machine holds the tier ${tier}`);
  }

  /** Whether a machine holds a tier. For mail any one will do that is not the holder of the VIP. */
  async holds(machine: string, tier: Tier): Promise<boolean> {
    if (tier === "writer") return (await this.#writer()) === machine;
    if (tier === "mail") return !(await this.holds(machine, "vip"));
    const look = tier === "vip" ? ["sh", "-c", BEARS_VIP, "sh", this.#vip] : ["sh", "-c", IS_MASTER];
    return (await exec(this.lab, machine, look)).code === 0;
  }

  get #vip(): string {
    return this.lab.state.topology.network.vip;
  }

  /** Where the HAProxy that bears the VIP sends the sessions of the database. */
  async #writer(): Promise<string | undefined> {
    const { stdout } = await exec(this.lab, await this.holderOf("vip"), ["sh", "-c", WRITER]);
    return /server_key=(\S+)/.exec(stdout)?.[1];
  }

  /** What those that move a tier wrote since this moment (milliseconds since 1970) on all machines but one. */
  async journalSince(at: number, dead: string): Promise<string> {
    const units = ["keepalived", "haproxy", "mariadb", "redis-sentinel"].flatMap((unit) => ["-u", unit]);
    const read = ["journalctl", "--no-pager", "-o", "short-precise", "--since", `@${at / 1000}`, ...units];
    const living = this.machines.filter((name) => name !== dead);
    const said = await Promise.all(living.map((name) => exec(this.lab, name, read)));
    return said.map(({ stdout }) => stdout).join("\n");
  }

  kill(machine: string): Promise<void> {
    return kill(this.lab, machine);
  }

  start(machine: string): Promise<void> {
    return start(this.lab, machine);
  }

  /** Runs mbctl on the lab and returns its exit code, whatever that is. */
  async mbctl(...args: readonly string[]): Promise<number> {
    return (await mbctl([...args, ...described(), "--lab", NAME, "--yes"], false)).exitCode ?? -1;
  }
}

const BEARS_VIP = 'ip -o -4 address show to "$1/32" | grep -q .';

/* With the password of its own file, which is in no argument. */
const IS_MASTER = `REDISCLI_AUTH=$(sed -n 's/^requirepass "\\{0,1\\}\\([^"]*\\)"\\{0,1\\}$/\\1/p' /etc/redis/redis.conf)
export REDISCLI_AUTH
redis-cli role | head -n 1 | grep -qx master`;

const WRITER = "echo 'show table database' | socat -t 5 stdio /run/haproxy/admin.sock";

function described(): readonly string[] {
  return ["--file", `${PROJECT}/three-machines.yaml`];
}

async function mbctl(args: readonly string[], mustSucceed: boolean) {
  return execa(process.execPath, [MBCTL, ...args], {
    reject: mustSucceed,
    env: { NO_COLOR: "1", CI: "true" },
    all: true,
  });
}
