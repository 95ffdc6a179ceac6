import { dirname, resolve } from "node:path";
import { execa } from "execa";
import type { Engine } from "../../src/toolkit/lab/engine.ts";
import { openLab } from "../../src/toolkit/lab/lab.ts";
import { ledgerLines, type Ledger } from "../../src/toolkit/lab/mail/ledger.ts";
import { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { NEXT_HOP_PORT } from "../../src/toolkit/lab/up.ts";
import { losePower, timed } from "../scenario.ts";
import { labWorld } from "./world.ts";

export interface DockerDemoOptions {
  readonly file: string;
  /** Leaves the lab up, to look around in. */
  readonly keep: boolean;
  /** Takes one line for people, without its end. */
  readonly print: (line: string) => void;
}

const LAB = "demo";
const QUEUED = 100;

/**
 * The demonstration on machines in Docker: the commands that a person would type, each printed before it runs,
 * then the story of mail and a loss of power. Rejects when a command fails or mail does not arrive in time.
 */
export async function runDockerDemo(
  engine: Engine,
  { file, keep, print }: DockerDemoOptions,
): Promise<Ledger> {
  const mbctl = (...args: readonly string[]) => typed(print, [...args, "--file", file]);
  await mbctl("synth");
  try {
    await mbctl("lab", "up", "--name", LAB, "--yes");
    await timed(print, "the machines are a cluster", () => mbctl("apply", "--lab", LAB, "--yes"));
    await mbctl("status", "--lab", LAB);
    const lab = await openLab(engine, dirname(resolve(file)), LAB);
    const nextHop = await NextHop.start(lab.state.gateway, NEXT_HOP_PORT);
    try {
      const { ledger } = await losePower(labWorld(lab, nextHop), { print, queued: QUEUED });
      for (const line of ledgerLines(ledger)) print(line);
      return ledger;
    } finally {
      await nextHop.stop();
    }
  } finally {
    if (keep) print(`the lab stays up: mbctl status --lab ${LAB} --file ${file}`);
    else await mbctl("lab", "down", "--name", LAB, "--yes");
  }
}

/** Shows a command and runs it, with its output as it comes. Rejects when its exit code is not 0. */
async function typed(print: (line: string) => void, args: readonly string[]): Promise<void> {
  print(`\n$ mbctl ${args.join(" ")}`);
  await execa(process.execPath, ["bin/mbctl.js", ...args], { stdio: ["ignore", "inherit", "inherit"] });
}
