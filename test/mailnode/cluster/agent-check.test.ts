import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { once } from "node:events";
import { connect } from "node:net";
import { HAPROXY_BALANCE } from "../../../src/contract/cluster-api.ts";
import { AgentCheckServer } from "../../../src/mailnode/cluster/agent-check.ts";
import type { Balancing } from "../../../src/mailnode/cluster/balancing.ts";
import { Registry, type NodeReport } from "../../../src/mailnode/cluster/registry.ts";
import { nodeReport } from "../fixtures/node-record.ts";
import { until } from "../fixtures/until.ts";
import { Haproxy, type ServerStat } from "./haproxy.ts";
import { NAMES, replicas, type Replicas } from "./replicas.ts";

const report = (more: Partial<NodeReport> = {}): NodeReport =>
  nodeReport({ weight: 100, roles: ["mail"], ...more });

interface Scene {
  readonly world: Replicas;
  readonly haproxy: Haproxy;
  readonly report: (name: string, more: Partial<NodeReport>) => Promise<void>;
  /** Waits until HAProxy shows what is looked for. */
  readonly shows: (condition: (stats: Record<string, ServerStat>) => boolean) => Promise<void>;
}

const ends: (() => Promise<void>)[] = [];

/** What an agent says to a caller on loopback; empty when it hangs up. */
async function askAgent(mayAsk: (address: string) => boolean): Promise<string> {
  const agent = new AgentCheckServer({ address: "127.0.0.1", port: 0, mayAsk, answer: () => "up 50%\n" });
  const socket = connect(await agent.start(), "127.0.0.1");
  let said = "";
  socket.setEncoding("utf8").on("data", (text: string) => (said += text));
  socket.on("error", () => undefined);
  await once(socket, "close");
  await agent.stop();
  return said;
}

it("an agent answers those alone who may ask", async () => {
  expect(await askAgent((address) => address === "127.0.0.1")).toBe("up 50%\n");
  expect(await askAgent(() => false)).toBe("");
});

/** Three nodes, each with its agent, over replicated state, behind a real HAProxy. */
async function scene(
  balancing: Balancing,
  reports: Readonly<Record<string, Partial<NodeReport>>> = {},
  limits: Readonly<Record<string, number>> = {},
): Promise<Scene> {
  const world = replicas();
  const registries = new Map(
    NAMES.map((name) => [name as string, new Registry(world.replica(name), world.env(name))]),
  );
  const tell = async (name: string, more: Partial<NodeReport>): Promise<void> => {
    await world.time.until(registries.get(name)!.report(report(more)));
    await world.time.pass(20);
  };
  for (const name of NAMES) await tell(name, reports[name] ?? {});
  const servers = await Promise.all(
    NAMES.map(async (name) => {
      const answer = (): string => registries.get(name)!.agentAnswer(name, balancing, limits[name] ?? 0);
      const agent = new AgentCheckServer({ address: "127.0.0.1", port: 0, answer });
      const agentPort = await agent.start();
      ends.push(() => agent.stop());
      return { name, agentPort };
    }),
  );
  const haproxy = await Haproxy.start(HAPROXY_BALANCE[balancing.strategy], servers);
  ends.push(() => haproxy.stop());
  const shows: Scene["shows"] = (condition) => until(async () => condition(await haproxy.stats()));
  return { world, haproxy, report: tell, shows };
}

const weights = (stats: Record<string, ServerStat>): number[] => NAMES.map((name) => stats[name]!.weight);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

// Hundreds of runs, or a real program: the default is too short on a busy machine.
jest.setTimeout(60_000);

describe("a balancing strategy, counted through a real HAProxy", () => {
  it("round robin gives each node the same", async () => {
    const { haproxy, shows } = await scene({ strategy: "round-robin" });
    await shows((stats) => weights(stats).every((weight) => weight === 100));
    expect(await haproxy.spread(60)).toEqual({ "node-1": 20, "node-2": 20, "node-3": 20 });
  });

  it("weighted round robin gives each node its share", async () => {
    const nodeWeights = { "node-1": 3, "node-2": 1, "node-3": 2 };
    const { haproxy, shows } = await scene({ strategy: "weighted-round-robin", nodeWeights });
    await shows((stats) => weights(stats).join() === "100,33,67");
    const counts = await haproxy.spread(60);
    expect(counts).toEqual({ "node-1": 30, "node-2": 10, "node-3": 20 });
  });

  it("least connections fills up the nodes that have least, counting also what other balancers sent", async () => {
    const busy = { "node-1": { sessions: 99 }, "node-2": { sessions: 9 }, "node-3": { sessions: 9 } };
    const { haproxy, shows } = await scene({ strategy: "least-connections" }, busy);
    await shows((stats) => weights(stats).join() === "10,100,100");
    const counts = await haproxy.spread(63);
    expect(counts["node-1"]).toBe(3);
    expect(counts["node-2"]).toBe(30);
    expect(counts["node-3"]).toBe(30);
  });

  it("IP hash sends a client where it was before, and different clients to different nodes", async () => {
    const { haproxy, shows } = await scene({ strategy: "ip-hash" });
    await shows((stats) => weights(stats).every((weight) => weight === 100));
    const clients = Array.from({ length: 40 }, (_, place) => `127.0.1.${place + 1}`);
    /* One at a time: whose node has more than the others goes to the next one. */
    const nodeOf = async (client: string): Promise<string> => {
      const node = await haproxy.connect(client);
      haproxy.hangUp();
      await shows((stats) => Object.values(stats).every(({ open }) => open === 0));
      return node;
    };
    const first = new Map<string, string>();
    for (const client of clients) first.set(client, await nodeOf(client));
    for (const client of clients) expect(await nodeOf(client)).toBe(first.get(client));
    expect(new Set(first.values()).size).toBe(3);
  });

  it("IP hash sends a client elsewhere once its node has as many sessions as it takes", async () => {
    const limits = { "node-1": 4, "node-2": 4, "node-3": 4 };
    const { haproxy, shows } = await scene({ strategy: "ip-hash" }, {}, limits);
    await shows((stats) =>
      Object.values(stats).every(({ limit, weight }) => limit === "4" && weight === 100),
    );
    const counts = Object.values(await haproxy.spread(9));
    expect(counts.reduce((sum, count) => sum + count)).toBe(9);
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  });

  it("a custom strategy gives what its function says, and nothing for zero", async () => {
    const { haproxy, shows } = await scene(
      {
        strategy: "custom",
        weigh: (nodes) =>
          Object.fromEntries(nodes.map(({ node, load }) => [node, load > 0.9 ? 0 : 100 * (1 - load)])),
      },
      { "node-1": { load: 0 }, "node-2": { load: 0.95 }, "node-3": { load: 0.5 } },
    );
    await shows((stats) => weights(stats).join() === "100,0,50");
    expect(await haproxy.spread(60)).toEqual({ "node-1": 40, "node-2": 0, "node-3": 20 });
  });
});

describe("a node's state, as a real HAProxy takes it", () => {
  it.each(["draining", "maintenance"] as const)(
    "takes a node out while it is %s, and back in after that, without a word about whether it is up",
    async (state) => {
      const { haproxy, report: tell, shows } = await scene({ strategy: "round-robin" });
      await tell("node-2", { state });
      await shows((stats) => stats["node-2"]!.weight === 0);
      expect((await haproxy.stats())["node-2"]!.status).toBe("no check");
      expect(await haproxy.spread(10)).toEqual({ "node-1": 5, "node-2": 0, "node-3": 5 });
      await tell("node-2", { state: "active" });
      await shows((stats) => stats["node-2"]!.weight === 100);
      haproxy.hangUp();
      expect((await haproxy.spread(30))["node-2"]).toBeGreaterThanOrEqual(9);
    },
  );

  it("gives a node that is not in order less than the others, and all where there are no others", async () => {
    const { haproxy, report: tell, shows } = await scene({ strategy: "round-robin" });
    await tell("node-2", { state: "failed" });
    await shows((stats) => weights(stats).join() === "100,10,100");
    expect(await haproxy.spread(42)).toEqual({ "node-1": 20, "node-2": 2, "node-3": 20 });
    for (const name of ["node-1", "node-3"]) await tell(name, { state: "failed" });
    await shows((stats) => weights(stats).join() === "10,10,10");
    const counts = await haproxy.spread(30);
    for (const name of NAMES) expect(counts[name]).toBeGreaterThanOrEqual(5);
  });

  it("opens no more connections to a node than it says, and gives the others to those that have room", async () => {
    const limits: Record<string, number> = { "node-1": 7 };
    const { haproxy, shows } = await scene({ strategy: "round-robin" }, {}, limits);
    await shows((stats) => stats["node-1"]!.limit === "7");
    limits["node-1"] = 2;
    await shows((stats) => stats["node-1"]!.limit === "2");
    expect(await haproxy.spread(12)).toEqual({ "node-1": 2, "node-2": 5, "node-3": 5 });
  });
});

describe("the agent", () => {
  it("answers one line and closes, whatever is sent, and stops while somebody is connected", async () => {
    const agent = new AgentCheckServer({ address: "127.0.0.1", port: 0, answer: () => "up 50%\n" });
    const port = await agent.start();
    const socket = connect(port, "127.0.0.1");
    socket.write("anything\n");
    let text = "";
    socket.on("data", (piece: Buffer) => (text += piece.toString()));
    await once(socket, "close");
    expect(text).toBe("up 50%\n");
    const staying = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    await once(staying, "connect");
    await agent.stop();
    staying.destroy();
  });
});
