import { afterEach, describe, expect, it, jest } from "@jest/globals";
import type { Env } from "../../../src/support/env.ts";
import { UserError } from "../../../src/support/errors.ts";
import { SshTransport } from "../../../src/toolkit/ssh/ssh-transport.ts";
import type { Transport } from "../../../src/toolkit/ssh/transport.ts";
import { systemEnv } from "../../../src/toolkit/runner/system-env.ts";
import { collectStatus, look } from "../../../src/toolkit/status/collect.ts";
import { findings } from "../../../src/toolkit/status/judge.ts";
import { statusTable } from "../../../src/toolkit/status/table.ts";
import { ask, type Answer } from "../../../src/toolkit/steps/command.ts";
import type { Service } from "../../../src/toolkit/services/service.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { toyService } from "../fixtures/toy-service.ts";
import { optionsFor, startServer, type Behaviour, type TestServer } from "../ssh/servers.ts";
import { machinesThat, ok, type Answering } from "./fake-machines.ts";

/** Real programs on a machine that may be busy. */
jest.setTimeout(60_000);

const HOLDS: Answer = { ...ok, stdout: "2: eth0 inet 192.168.1.100/32\n" };

const holder: Answering = (machine, argv) => (argv[0] === "ip" && machine === "node-1" ? HOLDS : ok);

async function judged(
  transport: Transport,
  services: readonly Service[] = [toyService("x", {})],
  env: Env = systemEnv,
) {
  const status = await collectStatus(threeMachines, services, transport, { env, timeoutMs: 60_000 });
  const found = findings({ topology: threeMachines, status });
  return { status, found, sentences: found.map(({ finding }) => finding) };
}

describe("a look at a cluster", () => {
  it("is whole when every probe answers and one balancer bears the VIP", async () => {
    const { status, found, sentences } = await judged(machinesThat(holder));
    expect(status.vipHolders).toEqual(["node-1"]);
    expect(sentences).toEqual([]);
    expect(statusTable(status, found)).toContain("acme is whole");
  });

  it("asks each machine one command", async () => {
    const sent: string[] = [];
    await judged(machinesThat(holder, sent));
    expect(sent).toEqual(["node-1", "node-2", "node-3"]);
  });

  it("shows a dead machine as a row and says why, and goes on with the others", async () => {
    const { status, sentences } = await judged(
      machinesThat((machine, argv) => {
        if (machine === "node-3")
          throw new UserError("SSH_TIMEOUT", "node-3 does not answer", "see whether it runs");
        return holder(machine, argv);
      }),
    );
    expect(sentences).toEqual(["node-3 cannot be reached: node-3 does not answer"]);
    expect(status.machines.map(({ services }) => services.length)).toEqual([1, 1, 0]);
  });

  it("shows a probe that hangs as its service, not as the machine", async () => {
    const slow: Answering = (machine, argv) =>
      machine === "node-2" && argv[1] === "slow" ? "late" : holder(machine, argv);
    const { sentences } = await judged(machinesThat(slow), [toyService("x", {}), toyService("slow", {})]);
    expect(sentences).toEqual(["slow on node-2 does not do its work: its probe did not end in time"]);
  });

  it("sees two holders of the VIP, and none", async () => {
    const all = await judged(machinesThat((_machine, argv) => (argv[0] === "ip" ? HOLDS : ok)));
    expect(all.status.vipHolders).toEqual(["node-1", "node-2", "node-3"]);
    const none = await judged(machinesThat(() => ok));
    expect(none.sentences).toEqual(["no balancer bears the VIP: clients reach nobody"]);
  });

  it.each([
    ["noise\nmet are 2 of 4\n", "", "met are 2 of 4"],
    [
      "Error: No such file or directory\nlist chain inet mailbastion input\n                ^^^^^^^^^^^\n",
      "",
      "Error: No such file or directory",
    ],
    ["entries wait\n", "what it saw\n", "entries wait"],
    ["", "what it saw\n", "what it saw"],
    ["\n", "", "exit code 1"],
  ])("quotes of a probe's words %j those that say something", async (stderr, stdout, detail) => {
    const failing: Answering = (machine, argv) =>
      argv[0] === "probe" && machine === "node-2" ? { code: 1, stdout, stderr } : holder(machine, argv);
    const { sentences } = await judged(machinesThat(failing));
    expect(sentences).toEqual([`x on node-2 does not do its work: ${detail}`]);
  });

  it("names what a tier lacks as a whole, with the command to type", async () => {
    const refusing = forming("galera", () => {
      throw new UserError("NO_PRIMARY", "no primary component", "galera_new_cluster on node-2");
    });
    const { found } = await judged(machinesThat(holder), [refusing]);
    expect(found).toEqual([
      expect.objectContaining({
        finding: "galera: no primary component",
        remedy: "galera_new_cluster on node-2",
      }),
    ]);
  });

  it("lets a forming phase decide by what its machines said, and not while one of them is late", async () => {
    const unformed = forming("galera", (answers) =>
      [...answers]
        .filter(([, { stdout }]) => stdout === "alone\n")
        .map(([machine]) => [{ title: "join", machine, commands: [] }]),
    );
    const saying =
      (text: Answer | "late"): Answering =>
      (machine, argv) =>
        argv[0] === "look" ? text : holder(machine, argv);
    const alone = await judged(machinesThat(saying({ ...ok, stdout: "alone\n" })), [unformed]);
    expect(alone.status.advice).toEqual([
      {
        service: "galera",
        machines: ["node-1"],
        message: "left to do: join on node-1",
        remedy: "mbctl apply",
      },
    ]);
    expect((await judged(machinesThat(saying("late")), [unformed])).status.advice).toEqual([]);
  });

  it("does not ask what would need the vault", async () => {
    const secret = {
      ...forming("redis", () => []),
      form: ({ secret }: { secret: (name: string) => string }) => [
        {
          title: "form",
          machines: ["node-1"],
          observe: () => ask(["look"], { stdin: secret("cache/password") }),
          decide: () => {
            throw new Error("asked");
          },
        },
      ],
    };
    expect((await judged(machinesThat(holder), [secret])).sentences).toEqual([]);
  });

  it("hands on what was asked besides, of those that answered", async () => {
    const { more } = await look(
      threeMachines,
      [],
      machinesThat((machine, argv) => {
        if (machine === "node-2") throw new UserError("SSH_LOST", "gone", "look");
        return argv[0] === "extra" ? { ...ok, stdout: `${machine}\n` } : ok;
      }),
      { env: systemEnv, timeoutMs: 10_000, also: () => new Map([["more", ask(["extra"])]]) },
    );
    expect(more.get("node-1")?.get("more")).toMatchObject({ stdout: "node-1\n" });
    expect([...more.keys()]).toEqual(["node-1", "node-3"]);
  });

  it("lets a fault of ours through: it is no fault of a machine", async () => {
    const broken = machinesThat(() => {
      throw new TypeError("ours");
    });
    await expect(judged(broken)).rejects.toThrow("ours");
  });
});

function forming(name: string, decide: ReturnType<Service["form"]>[number]["decide"]): Service {
  return {
    ...toyService(name, {}),
    form: () => [{ title: "form", machines: ["node-1"], observe: () => ask(["look"]), decide }],
  };
}

describe("a look over SSH, within its time limit", () => {
  const servers: TestServer[] = [];
  const transports: SshTransport[] = [];
  const service: Service = { ...toyService("x", {}), probe: () => ask(["true"]) };

  /** node-1 is honest; node-2 behaves so. Both are this machine, so that their commands run for real. */
  async function why(behaviour: Behaviour, isSilent = false) {
    const [honest, other] = [await startServer(), await startServer(behaviour)];
    servers.push(honest, other);
    const options = await optionsFor(honest);
    const both = await optionsFor(other);
    const transport = new SshTransport((name) => (name === "node-2" ? other.target : honest.target), {
      ...options,
      keyFiles: [...options.keyFiles, ...both.keyFiles],
      knownHostsFiles: [...options.knownHostsFiles, ...both.knownHostsFiles],
    });
    transports.push(transport);
    // For a silent one the time limit is over as soon as the others have answered, however long that takes.
    const waiting = new Set(["node-1", "node-3"]);
    const over = Promise.withResolvers<void>();
    const watched: Transport = {
      run: async (machine, command) => {
        const answer = await transport.run(machine, command);
        waiting.delete(machine);
        if (waiting.size === 0) over.resolve();
        return answer;
      },
      close: () => transport.close(),
    };
    const env: Env = isSilent ? { ...systemEnv, sleep: () => over.promise } : systemEnv;
    const { status } = await judged(watched, [service], env);
    expect(status.machines[0]).toMatchObject({ services: [{ service: "x", isWorking: true, detail: "" }] });
    return status.machines[1]!.unreachable;
  }

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
    for (const transport of transports.splice(0)) await transport.close();
  });

  it("gives up a server that takes the connection and says nothing", async () => {
    expect(await why({ mute: true }, true)).toMatchObject({
      code: "STATUS_TIMEOUT",
      message: "node-2 did not answer within 60 s",
    });
  });

  it("gives up a server that takes the question and never answers", async () => {
    expect(await why({ exec: () => undefined }, true)).toMatchObject({
      code: "STATUS_TIMEOUT",
    });
  });

  it("gives up a server that begins to answer and stops in the middle", async () => {
    const half: Behaviour = { exec: (channel) => void channel.write("clock 1795370279420757288\n@0\n<ha") };
    expect(await why(half, true)).toMatchObject({
      code: "STATUS_TIMEOUT",
    });
  });

  it("takes an answer that breaks off with exit code 0 for none", async () => {
    const cut: Behaviour = {
      exec: (channel) => {
        channel.write("clock 1795370279420757288\n@0\n<ha");
        channel.exit(0);
        channel.end();
      },
    };
    expect(await why(cut)).toMatchObject({ code: "STATUS_UNREADABLE" });
  });

  it("says of a machine where no shell can work what it said", async () => {
    const full: Behaviour = {
      exec: (channel) => {
        channel.stderr.write("mktemp: failed to create directory: No space left on device\n");
        channel.exit(1);
        channel.end();
      },
    };
    expect(await why(full)).toMatchObject({
      message: "node-2 did not answer in full (mktemp: failed to create directory: No space left on device)",
    });
  });

  it("names a connection that dies while the machine answers", async () => {
    const dying: Behaviour = {
      exec: (channel, _line, connection) => {
        channel.write("clock 17");
        connection.end();
      },
    };
    expect(await why(dying)).toMatchObject({ code: "SSH_LOST" });
  });

  it("names a server that refuses to run anything", async () => {
    expect(await why({ refusesChannels: true })).toMatchObject({ code: "SSH_CHANNEL" });
  });
});
