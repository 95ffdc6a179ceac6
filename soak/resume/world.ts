import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { confirm } from "../../demo/confirm.ts";
import { clusterPaths } from "../../src/toolkit/disk/cluster-paths.ts";
import { ensureEngine } from "../../src/toolkit/lab/engine.ts";
import { exec, openLab, type Lab } from "../../src/toolkit/lab/lab.ts";
import { kill, start } from "../../src/toolkit/lab/power.ts";
import type { Started } from "./kill.ts";

const PROJECT = fileURLToPath(new URL("../../examples/", import.meta.url)).replace(/\/$/, "");
const MBCTL = fileURLToPath(new URL("../../bin/mbctl.js", import.meta.url));
const NAME = "soak-resume";
const WHOLE_LIMIT_MS = 300_000;

/** The three-machines example as a cluster in a lab of its own, operated by mbctl as a program of its own. */
export class World {
  readonly lab: Lab;
  #rows = 0;

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  static async up(yes: boolean, print: (line: string) => void): Promise<World> {
    const engine = await ensureEngine({ yes, ask: confirm, report: print });
    await World.down();
    for (const args of [
      ["lab", "up", "--name", NAME],
      ["apply", "--lab", NAME],
    ]) {
      const { exitCode, all } = await mbctl(args);
      if (exitCode !== 0) throw new Error(all);
    }
    const world = new World(await openLab(engine, PROJECT, NAME));
    const found = await world.whole();
    if (found !== "whole") throw new Error(found);
    return world;
  }

  static async down(): Promise<void> {
    await mbctl(["lab", "down", "--name", NAME]);
  }

  /** Where the journals of this cluster's runs lie on this computer. */
  get runs(): string {
    return clusterPaths(this.lab.paths.directory, this.lab.state.topology.cluster).runs;
  }

  get machines(): readonly string[] {
    return this.lab.state.topology.machines.map(({ name }) => name);
  }

  /** Starts mbctl on the cluster. */
  start(args: readonly string[]): Started & { readonly said: () => Promise<string> } {
    const running = mbctl([...args, "--lab", NAME]);
    return {
      process: running,
      ended: running.then(({ signal, exitCode }) => ({ signal: signal ?? null, code: exitCode ?? null })),
      said: () => running.then(({ all }) => all),
    };
  }

  /** Throws what it said when it fails. */
  async mustSucceed(args: readonly string[]): Promise<void> {
    const running = this.start(args);
    const { code } = await running.ended;
    if (code !== 0) throw new Error(await running.said());
  }

  /** Goes on with what was killed. Where the run had ended before, there is nothing to go on with, and that is fine. */
  async resume(): Promise<void> {
    const running = this.start(["resume", "--yes"]);
    const { code } = await running.ended;
    const said = await running.said();
    if (code !== 0 && !said.includes("[RUN_NONE]")) throw new Error(said);
  }

  /** "whole" when status finds nothing to say within five minutes, else what it says then. */
  async whole(): Promise<string> {
    const end = performance.now() + WHOLE_LIMIT_MS;
    for (;;) {
      const running = this.start(["status", "--timeout", "30"]);
      if ((await running.ended).code === 0) return "whole";
      if (performance.now() > end) return running.said();
      await new Promise((resolve) => setTimeout(resolve, 3_000));
    }
  }

  /** Writes a row, and throws when one of the earlier ones is gone. */
  async writeRow(): Promise<void> {
    const { stdout } = await exec(this.lab, "node-1", [
      "mariadb",
      "--batch",
      "--skip-column-names",
      "--execute",
      ROW,
    ]);
    const count = Number(stdout.trim());
    this.#rows++;
    if (count !== this.#rows) throw new Error(`${this.#rows} rows were written, and ${count} are there`);
  }

  /** Takes the power from all machines at once and gives it back. */
  async losePower(): Promise<void> {
    await Promise.all(this.machines.map((machine) => kill(this.lab, machine)));
    await Promise.all(this.machines.map((machine) => start(this.lab, machine)));
  }
}

const ROW =
  "CREATE DATABASE IF NOT EXISTS soak; CREATE TABLE IF NOT EXISTS soak.rounds (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO soak.rounds VALUES (); SELECT COUNT(*) FROM soak.rounds";

function mbctl(args: readonly string[]) {
  return execa(process.execPath, [MBCTL, ...args, "--file", `${PROJECT}/three-machines.yaml`], {
    reject: false,
    all: true,
    env: { CI: "true", NO_COLOR: "1" },
  });
}
