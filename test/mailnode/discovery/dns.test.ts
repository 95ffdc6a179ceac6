import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { dnsAddresses, dnsServices } from "../../../src/mailnode/discovery/dns.ts";
import { until } from "../fixtures/until.ts";

const RECORDS = [
  ["--host-record=round.test,192.0.2.1"],
  ["--host-record=round.test,192.0.2.2"],
  ["--host-record=both.test,192.0.2.3,2001:db8::3"],
  // service, target, port, priority, weight
  ["--srv-host=_mail._tcp.test,round.test,7946,20,1"],
  ["--srv-host=_mail._tcp.test,both.test,7950,10,5"],
  ["--srv-host=_mail._tcp.test,gone.test,7951,0,9"],
  ["--srv-host=_lost._tcp.test,gone.test,7951,0,9"],
  ["--txt-record=empty.test,nothing"],
].flat();

let server: ChildProcess;
let at: string;

/** The real dnsmasq; where it is not installed this fails with what to install. */
beforeAll(async () => {
  const port = await freePort();
  at = `127.0.0.1:${port}`;
  const args = [
    "--keep-in-foreground",
    "--no-resolv",
    "--no-hosts",
    "--conf-file=/dev/null",
    "--local=/test/",
  ];
  server = spawn(
    "dnsmasq",
    [...args, "--listen-address=127.0.0.1", "--bind-interfaces", `--port=${port}`, "--pid-file=", ...RECORDS],
    {
      stdio: "ignore",
    },
  );
  const failed = once(server, "error").then(([error]: { code?: string }[]) => {
    throw new Error(`dnsmasq cannot be run (${error?.code}): apt-get install dnsmasq-base`);
  });
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([at]);
  const ready = until(() =>
    resolver.resolve4("round.test").then(
      () => true,
      () => false,
    ),
  );
  await Promise.race([ready, failed]);
});
afterAll(async () => {
  const ended = once(server, "exit");
  server.kill();
  await ended;
});

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

describe("discovery through a real name server", () => {
  const options = (): { servers: readonly string[]; timeoutMs: number } => ({
    servers: [at],
    timeoutMs: 2_000,
  });

  it("gives every address of a name, of both families, with the port", async () => {
    const round = await dnsAddresses("round.test", 7946, options()).discover();
    expect(round.toSorted((a, b) => (a.host < b.host ? -1 : 1))).toEqual([
      { host: "192.0.2.1", port: 7946 },
      { host: "192.0.2.2", port: 7946 },
    ]);
    expect(await dnsAddresses("both.test", 1, options()).discover()).toEqual([
      { host: "192.0.2.3", port: 1 },
      { host: "2001:db8::3", port: 1 },
    ]);
  });

  it("gives services with their own ports, by priority, without those whose target has no address", async () => {
    const found = await dnsServices("_mail._tcp.test", options()).discover();
    expect(found.slice(0, 2)).toEqual([
      { host: "192.0.2.3", port: 7950 },
      { host: "2001:db8::3", port: 7950 },
    ]);
    expect(found.slice(2).map(({ port }) => port)).toEqual([7946, 7946]);
  });

  it("gives none for a name that has none, or is not there", async () => {
    expect(await dnsAddresses("gone.test", 1, options()).discover()).toEqual([]);
    expect(await dnsAddresses("empty.test", 1, options()).discover()).toEqual([]);
    expect(await dnsServices("_none._tcp.test", options()).discover()).toEqual([]);
    expect(await dnsServices("_lost._tcp.test", options()).discover()).toEqual([]);
  });

  it("fails where the server refuses, and in time where none answers", async () => {
    await expect(dnsAddresses("example.org", 1, options()).discover()).rejects.toMatchObject({
      code: "DISCOVERY_DNS",
      message: expect.stringContaining("EREFUSED"),
    });
    const silent = createSocket("udp4");
    silent.bind(0, "127.0.0.1");
    await once(silent, "listening");
    const dead = { servers: [`127.0.0.1:${silent.address().port}`], timeoutMs: 50 };
    for (const discovery of [dnsAddresses("round.test", 1, dead), dnsServices("_mail._tcp.test", dead)]) {
      await expect(discovery.discover()).rejects.toMatchObject({
        code: "DISCOVERY_DNS",
        message: expect.stringContaining("ETIMEOUT"),
      });
    }
    silent.close();
  });
});
