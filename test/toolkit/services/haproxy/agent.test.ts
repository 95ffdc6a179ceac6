import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { execa } from "execa";
import { NODE_STATES } from "../../../../src/contract/states.ts";
import { agentAnswer } from "../../../../src/mailnode/cluster/agent-answer.ts";
import { AgentCheckServer } from "../../../../src/mailnode/cluster/agent-check.ts";
import { haproxy } from "../../../../src/toolkit/services/haproxy/service.ts";
import { putBack, takeOut } from "../../../../src/toolkit/services/haproxy/drain.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { until } from "../../../mailnode/fixtures/until.ts";
import { rendered } from "../rendered.ts";

/* A real HAProxy with the generated server lines, between mbctl, which drains, and an agent, which names a share. */

jest.setTimeout(60_000);

const LISTENERS = ["smtp", "submission", "submissions", "console"] as const;
/** HAProxy waits so long for an answer, too: a busy machine needs some of it. */
const INTERVAL_MS = 250;

describe("a drain, where the node's agent speaks as well", () => {
  let folder: string;
  let haproxyProcess: ChildProcess;
  let agent: AgentCheckServer;
  let answer: string;
  let agentPort: number;
  const path = (name: string) => join(folder, name);

  const startAgent = async () => {
    agent = new AgentCheckServer({
      address: "127.0.0.1",
      port: agentPort,
      mayAsk: () => true,
      answer: () => answer,
    });
    agentPort = await agent.start();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "agent-"));
    agentPort = 0;
    await startAgent();
    const config = rendered(haproxy, threeMachines, "node-1", "/haproxy.cfg");
    const listeners = LISTENERS.map((name) => {
      const section = new RegExp(`^listen ${name}\\n(?: {4}.*\\n)+`, "m").exec(config)![0];
      const [, weight, agentWords] = /^ {4}server node-2 .* (weight \d+) (agent-check .*)$/m.exec(section)!;
      const words = agentWords!
        .replace(/agent-port \d+/, `agent-port ${agentPort}`)
        .replace(/agent-inter \S+/, `agent-inter ${INTERVAL_MS}ms`);
      return `listen ${name}\n  bind unix@${path(name)}\n  server node-2 127.0.0.1:1 ${weight} ${words}\n`;
    });
    const defaults = "defaults\n  mode tcp\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n";
    writeFileSync(
      path("cfg"),
      `global\n  stats socket ${path("admin.sock")} level admin\n${defaults}${listeners.join("")}`,
    );
    haproxyProcess = spawn("haproxy", ["-db", "-f", path("cfg")], { stdio: "ignore" });
    await until(() => existsSync(path("admin.sock")));
  });
  afterAll(async () => {
    const ended = once(haproxyProcess, "exit");
    haproxyProcess.kill();
    await ended;
    await agent.stop();
    rmSync(folder, { recursive: true });
  });

  /** Without standing in the agent's way, which answers from this very process. */
  const tell = async (command: string): Promise<string> =>
    (await execa("socat", ["stdio", `UNIX-CONNECT:${path("admin.sock")}`], { input: `${command}\n` })).stdout;
  /** Administrative state and weight by listener. */
  const states = async (): Promise<Record<string, { admin: number; weight: number }>> =>
    Object.fromEntries(
      (await tell("show servers state"))
        .split("\n")
        .map((line) => line.split(" "))
        .filter((row) => row[3] === "node-2")
        .map((row) => [row[1]!, { admin: Number(row[6]), weight: Number(row[7]) }] as const),
    );
  const every = (state: { admin: number; weight: number }) =>
    Object.fromEntries(LISTENERS.map((name) => [name, state]));
  /** The agent says this, and every listener has heard it: it has the share. */
  const says = async (words: string) => {
    answer = words;
    const weight = Math.floor((250 * Number(/(\d+)%/.exec(words)![1])) / 100);
    await until(async () => Object.values(await states()).every((state) => state.weight === weight));
  };
  const set = async (state: "drain" | "ready") => {
    for (const name of LISTENERS) expect(await tell(`set server ${name}/node-2 state ${state}`)).toBe("");
  };

  beforeEach(async () => {
    await says(agentAnswer("active", 100, 0));
    await set("ready");
  });
  afterEach(() => set("ready"));

  it("is what mbctl says to HAProxy, word for word", () => {
    const words = (commands: typeof takeOut extends (...args: never) => infer R ? R : never) =>
      commands.map(({ argv }) => argv.join(" ")).join("\n");
    expect(words(takeOut("node-2", ""))).toContain("set server $listener/$1 state drain");
    expect(words(putBack("node-2"))).toContain("set server $listener/$1 state ready");
  });

  it.each(NODE_STATES)("outlives every answer of an agent whose node is %s", async (state) => {
    await set("drain");
    await says(agentAnswer(state, 50, 100));
    for (const { admin } of Object.values(await states())) expect(admin).toBe(8);
  });

  it("ends when mbctl says so, with the share that the agent names by then", async () => {
    await set("drain");
    await says(agentAnswer("active", 40, 0));
    expect(await states()).toEqual(every({ admin: 8, weight: 100 }));
    await set("ready");
    expect(await states()).toEqual(every({ admin: 0, weight: 100 }));
  });

  it("is not begun by an agent whose node gives way: HAProxy's administrative state is mbctl's alone", async () => {
    await says(agentAnswer("maintenance", 0, 0));
    expect(await states()).toEqual(every({ admin: 0, weight: 0 }));
    await says(agentAnswer("active", 100, 0));
    expect(await states()).toEqual(every({ admin: 0, weight: 250 }));
  });

  it("would have been undone by an agent that says ready", async () => {
    await set("drain");
    await says("ready up 60%\n");
    expect(await states()).toEqual(every({ admin: 0, weight: 150 }));
  });

  it("is not needed where an agent falls silent: its node keeps its last share and stays up", async () => {
    await says(agentAnswer("active", 40, 0));
    await agent.stop();
    const lastCheck = async () => (await tell("show stat smtp 4 -1")).split("\n")[1]!;
    await until(async () => /L4CON|L4TOUT/.test(await lastCheck()));
    expect(await states()).toEqual(every({ admin: 0, weight: 100 }));
    expect((await lastCheck()).split(",")[17]).toBe("no check");
    await startAgent();
  });
});
