import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { makeDiscovery, type DiscoveryConfig } from "../../../src/mailnode/node/make-discovery.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { saying, selfSigned, stub, type Stub } from "../discovery/http-stub.ts";

const find = (discovery: DiscoveryConfig["discovery"]) =>
  makeDiscovery(
    { name: "acme", address: "127.0.0.1", gossip: { port: 7946 }, discovery },
    systemEnv,
  ).discover();

describe("the configured way to find peers", () => {
  let folder: string;
  const stubs: Stub[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "discovery-"));
  });
  afterEach(async () => {
    for (const one of stubs.splice(0)) one.close();
    await rm(folder, { recursive: true });
  });

  it("is the seeds", async () => {
    expect(await find({ method: "static", seeds: ["10.0.0.2:7946"] })).toEqual([
      { host: "10.0.0.2", port: 7946 },
    ]);
  });

  it("is a name server, for addresses and for services", async () => {
    // Nobody answers there: what was asked for shows in the fault.
    const servers = ["127.0.0.1:1"];
    await expect(find({ method: "dns", name: "mail.internal", servers })).rejects.toMatchObject({
      code: "DISCOVERY_DNS",
    });
    await expect(find({ method: "dns-srv", name: "_mail._tcp.internal", servers })).rejects.toMatchObject({
      code: "DISCOVERY_DNS",
    });
  });

  it("is Kubernetes, with token and authority read anew for each question", async () => {
    const pair = selfSigned();
    const answer = saying(200, {
      kind: "EndpointSliceList",
      metadata: {},
      items: [
        {
          addressType: "IPv4",
          endpoints: [{ addresses: ["10.1.0.7"] }],
          ports: [{ name: "gossip", port: 7946 }],
        },
      ],
    });
    const api = await stub(answer, pair);
    stubs.push(api);
    const [tokenFile, authority] = [join(folder, "token"), join(folder, "ca.pem")];
    await writeFile(tokenFile, "first\n");
    await writeFile(authority, pair.cert);
    const kubernetes = { method: "kubernetes", api: api.url, namespace: "mail", service: "mbnode" } as const;
    const config = { ...kubernetes, portName: "gossip", tokenFile, authority };
    expect(await find(config)).toEqual([{ host: "10.1.0.7", port: 7946 }]);
    await writeFile(tokenFile, "second");
    await find(config);
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer first",
      "Bearer second",
    ]);
  });

  it("is Consul, with or without a token", async () => {
    const instance = { Node: { Address: "10.0.0.9" }, Service: { Address: "", Port: 7946 }, Checks: [] };
    const agent = await stub(saying(200, [instance]));
    stubs.push(agent);
    const consul = { method: "consul", api: agent.url, service: "mbnode" } as const;
    expect(await find(consul)).toEqual([{ host: "10.0.0.9", port: 7946 }]);
    await writeFile(join(folder, "token"), "t0ken");
    await find({ ...consul, tokenFile: join(folder, "token") });
    expect(agent.requests.map(({ headers }) => headers["x-consul-token"])).toEqual([undefined, "t0ken"]);
  });
});
