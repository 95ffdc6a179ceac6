import { afterEach, describe, expect, it } from "@jest/globals";
import { consulDiscovery } from "../../../src/mailnode/discovery/consul.ts";
import { Secret } from "../../../src/support/secret.ts";
import { saying, stub, type Stub } from "./http-stub.ts";

const open: Stub[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function consul(...answer: Parameters<typeof stub>): Promise<Stub> {
  const made = await stub(...answer);
  open.push(made);
  return made;
}

/** As /v1/health/service/:service answers; more is in it than is read. */
function instance(address: string, port: number, checks: Readonly<Record<string, string>> = {}): object {
  return {
    Node: { ID: "40e4a748", Node: "foobar", Address: "10.1.10.12", Datacenter: "dc1" },
    Service: { ID: "mail", Service: "mail", Tags: ["primary"], Address: address, Port: port },
    Checks: Object.entries(checks).map(([CheckID, Status]) => ({ CheckID, Status, Name: CheckID })),
  };
}

describe("discovery through Consul", () => {
  it("gives the instances, at the machine's address where the service has none of its own", async () => {
    const { url, requests } = await consul(
      saying(200, [
        instance("10.0.0.1", 7946),
        instance("", 7947),
        instance("10.0.0.1", 7946),
        instance("10.0.0.3", 0),
      ]),
    );
    const discovery = consulDiscovery({
      api: url,
      service: "mail/x",
      token: new Secret("t0ken"),
      timeoutMs: 5_000,
    });
    expect(await discovery.discover()).toEqual([
      { host: "10.0.0.1", port: 7946 },
      { host: "10.1.10.12", port: 7947 },
    ]);
    expect(requests).toMatchObject([
      { method: "GET", path: "/v1/health/service/mail%2Fx", headers: { "x-consul-token": "t0ken" } },
    ]);
  });

  it("leaves out those whose machine is lost, and none whose own check has yet to pass", async () => {
    const { url } = await consul(
      saying(200, [
        instance("10.0.0.1", 1, { serfHealth: "passing", "service:mail": "critical" }),
        instance("10.0.0.2", 1, { serfHealth: "critical", "service:mail": "passing" }),
      ]),
    );
    const discovery = consulDiscovery({ api: url, service: "mail", timeoutMs: 5_000 });
    expect(await discovery.discover()).toEqual([{ host: "10.0.0.1", port: 1 }]);
  });

  it("knows that there may be none, and no token", async () => {
    const { url, requests } = await consul(saying(200, []));
    expect(await consulDiscovery({ api: url, service: "mail", timeoutMs: 5_000 }).discover()).toEqual([]);
    expect(requests[0]!.headers).not.toHaveProperty("x-consul-token");
  });

  it.each([
    [403, "Permission denied", "DISCOVERY_DENIED"],
    [401, "", "DISCOVERY_DENIED"],
    [404, "", "DISCOVERY_UNKNOWN"],
    [500, "rpc error: No cluster leader", "DISCOVERY_ANSWER"],
    [302, "", "DISCOVERY_ANSWER"],
    [200, "<html>", "DISCOVERY_ANSWER"],
    [200, "{}", "DISCOVERY_ANSWER"],
    [200, '[{"Node":{}}]', "DISCOVERY_ANSWER"],
    [200, JSON.stringify("x".repeat(5 * 1024 * 1024)), "DISCOVERY_ANSWER"],
  ])("answered with %i and %.20s fails as %s, without the token in it", async (status, body, code) => {
    const { url } = await consul(saying(status, body));
    const discovery = consulDiscovery({
      api: url,
      service: "mail",
      token: new Secret("t0ken"),
      timeoutMs: 5_000,
    });
    const failure = await discovery.discover().catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code });
    expect((failure as Error).message).not.toContain("t0ken");
  });

  it("fails in time when nobody answers, when the answer does not end, and when nobody listens", async () => {
    const silent = await consul(() => undefined);
    const endless = await consul((_request, response) => void response.writeHead(200).write("["));
    const unreachable = { code: "DISCOVERY_UNREACHABLE" };
    for (const { url } of [silent, endless]) {
      await expect(
        consulDiscovery({ api: url, service: "mail", timeoutMs: 60 }).discover(),
      ).rejects.toMatchObject({
        ...unreachable,
        message: expect.stringContaining("within 60 ms"),
      });
    }
    const gone = await consul(saying(200, []));
    gone.close();
    await expect(
      consulDiscovery({ api: gone.url, service: "mail", timeoutMs: 5_000 }).discover(),
    ).rejects.toMatchObject({
      ...unreachable,
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });
});
