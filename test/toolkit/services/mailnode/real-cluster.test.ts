import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { parseMailNodeConfig, serializeMailNodeConfig } from "../../../../src/contract/mailnode-config.ts";
import { resolvePlaceholders } from "../../../../src/support/placeholder.ts";
import { buildBundle } from "../../../../src/toolkit/bundle/build.ts";
import { formMailClusterPhase } from "../../../../src/toolkit/services/mailnode/form-cluster.ts";
import {
  askForMailCluster,
  followsLeader,
  giveLeadership,
  isNoMember,
  leadsElsewhere,
  parseMailCluster,
} from "../../../../src/toolkit/services/mailnode/members.ts";
import { PATHS } from "../../../../src/toolkit/services/mailnode/names.ts";
import { mailnode } from "../../../../src/toolkit/services/mailnode/service.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import type { Gate, Step } from "../../../../src/toolkit/steps/step.ts";
import type { Topology } from "../../../../src/toolkit/topology/topology.ts";
import { throwawayVault } from "../../../../src/toolkit/vault/throwaway-vault.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

/* The generated files, the real program, and the commands that mbctl sends: three nodes on loopback addresses. */

jest.setTimeout(600_000);

const MAIN = resolve("src/mailnode/node/main.ts");
const topology: Topology = {
  ...threeMachines,
  network: { cidr: "127.0.0.0/8", vip: "127.0.81.10" },
  machines: threeMachines.machines.map((machine, index) => ({
    ...machine,
    roles: ["balancer", "mail"],
    address: `127.0.81.1${index + 1}`,
  })),
};
const NAMES = topology.machines.map(({ name }) => name);

describe("mail nodes that run by their generated files", () => {
  const folder = mkdtempSync(join(tmpdir(), "mailbastion-real-"));
  const homeOf = (name: string) => join(folder, name);
  const nodes = new Map<string, ChildProcess>();

  beforeAll(async () => {
    const vault = await throwawayVault(mailnode.secrets(topology), Date.now());
    const resolver = {
      secret: (ref: Parameters<typeof vault.reveal>[0]) => vault.reveal(ref).reveal(),
      fact: () => "",
    };
    for (const machine of topology.machines) {
      const home = homeOf(machine.name);
      for (const file of buildBundle(topology, machine, { services: [mailnode] }).files) {
        if (file.path.endsWith(".service")) continue;
        const text = resolvePlaceholders(file.content, resolver);
        put(join(home, file.path), file.path === PATHS.config ? moved(text, home) : text);
      }
      mkdirSync(join(home, "run"));
      mkdirSync(join(home, PATHS.queue), { recursive: true });
      put(join(home, "mbnode"), wrapper(home), 0o755);
      start(machine.name);
    }
  });
  afterAll(async () => {
    for (const name of [...nodes.keys()]) await kill(name);
    rmSync(folder, { recursive: true });
  });

  const start = (name: string) =>
    void nodes.set(name, spawn(join(homeOf(name), "mbnode"), ["run"], { stdio: "ignore" }));
  const kill = async (name: string) => {
    const node = nodes.get(name)!;
    const ended = once(node, "exit");
    if (node.exitCode === null && node.kill("SIGKILL")) await ended;
    nodes.delete(name);
  };
  const send = (name: string, { argv }: Command) => {
    const [program, ...args] = argv.map((word) =>
      word === PATHS.program ? join(homeOf(name), "mbnode") : word,
    );
    const { status, stdout, stderr } = spawnSync(program!, args, { encoding: "utf8" });
    return { code: status ?? 255, stdout, stderr };
  };
  /** As the runner does it. */
  const holds = async (name: string, { command, intervalMs, title }: Gate) => {
    const end = Date.now() + 180_000;
    for (;;) {
      const answer = send(name, command);
      if (answer.code === 0) return;
      if (Date.now() > end) throw new Error(`${name}: not ${title}: ${answer.stderr}`);
      await sleep(intervalMs);
    }
  };
  const clusterOf = (name: string) => parseMailCluster(send(name, askForMailCluster()).stdout)!;
  const formingSteps = (): readonly Step[] => {
    const phase = formMailClusterPhase(topology);
    return phase.decide(new Map(NAMES.map((name) => [name, send(name, phase.observe(name))]))).flat();
  };

  it("found one cluster by themselves, and then nothing is left to do", async () => {
    for (const name of NAMES) await holds(name, followsLeader());
    expect(
      clusterOf("node-1")
        .members.map(({ node }) => node)
        .toSorted(),
    ).toEqual(NAMES);
    expect(formingSteps()).toEqual([]);
  });

  it("move the leadership when they are told to, as the leader's own word shows", async () => {
    const leader = clusterOf("node-2").leader!;
    expect(send(leader, leadsElsewhere(leader).command).code).toBe(1);
    expect(send(leader, giveLeadership())).toMatchObject({ code: 0 });
    await holds(leader, leadsElsewhere(leader));
  });

  it("take one in that lost its disk, and what it was before out, by the steps of an apply", async () => {
    const former = clusterOf("node-3").member;
    await kill("node-3");
    rmSync(join(homeOf("node-3"), PATHS.raft), { recursive: true });
    start("node-3");
    let steps: readonly Step[] = [];
    const end = Date.now() + 180_000;
    while (steps.length === 0 && Date.now() < end) steps = formingSteps();
    expect(steps.map(({ title }) => title)).toEqual([
      "take the mail node of node-3 in, and out what it was before its disk was lost",
    ]);
    const [{ machine, unless, commands, verify }] = steps as readonly [Step];
    expect(send(machine, unless!).code).toBe(1);
    for (const command of commands) expect(send(machine, command)).toMatchObject({ code: 0 });
    await holds(machine, verify!);
    await holds(machine, isNoMember(former));
    await holds("node-3", followsLeader());
    expect(formingSteps()).toEqual([]);
  });
});

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

/** The configuration in a folder of its own, on ports that any user may bind. */
function moved(text: string, home: string): string {
  const config = parseMailNodeConfig(
    text.replaceAll('"/etc/', `"${home}/etc/`).replaceAll('"/var/', `"${home}/var/`),
    "generated",
  );
  const listeners = config.smtp.listeners.map((listener) => ({ ...listener, port: listener.port + 20_000 }));
  const admin = { ...config.admin, port: config.admin.port + 20_000 };
  return serializeMailNodeConfig(
    { ...config, smtp: { ...config.smtp, listeners }, admin },
    "moved by a test",
  );
}

/** The node's program, with the places of this folder. */
function wrapper(home: string): string {
  const main = `exec '${process.execPath}' --no-warnings '${MAIN}' "$@"`;
  return `#!/bin/sh
export RUNTIME_DIRECTORY='${home}/run'
case $1 in
  ctl) ${main} --socket '${home}/run/mbnode.sock' ;;
  *) ${main} --config '${home}${PATHS.config}' ;;
esac
`;
}
