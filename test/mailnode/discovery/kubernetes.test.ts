import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { kubernetesDiscovery, type KubernetesOptions } from "../../../src/mailnode/discovery/kubernetes.ts";
import { saying, selfSigned, stub, type Stub } from "./http-stub.ts";

const pair = selfSigned();
const open: Stub[] = [];
const close = (): void => open.splice(0).forEach((one) => one.close());
afterEach(close);
afterAll(close);

async function api(answer: Parameters<typeof stub>[0]): Promise<Stub> {
  const made = await stub(answer, pair);
  open.push(made);
  return made;
}

function options(url: string, more: Partial<KubernetesOptions> = {}): KubernetesOptions {
  return {
    api: url,
    namespace: "mail",
    service: "mailnode",
    portName: "gossip",
    token: async () => "token\n",
    ca: pair.cert,
    timeoutMs: 5_000,
    ...more,
  };
}

interface Pod {
  readonly address: string;
  readonly conditions?: object | null;
}

/** As the API gives it (discovery.k8s.io/v1); more is in it than is read. */
function slice(addressType: string, port: number, pods: readonly Pod[]): object {
  return {
    metadata: { name: "mailnode-abc", labels: { "kubernetes.io/service-name": "mailnode" } },
    addressType,
    endpoints: pods.map(({ address, conditions }) => ({
      addresses: [address],
      conditions: conditions ?? { ready: true },
      nodeName: "worker-1",
    })),
    ports: [
      { name: "smtp", protocol: "TCP", port: 25 },
      { name: "gossip", protocol: "UDP", port },
    ],
  };
}

function list(items: readonly object[], metadata: object = {}): object {
  return {
    kind: "EndpointSliceList",
    apiVersion: "discovery.k8s.io/v1",
    metadata: { resourceVersion: "1", ...metadata },
    items,
  };
}

describe("discovery through Kubernetes", () => {
  it("gives the pods behind the service at the port of the name, by the API's own authority and the pod's token", async () => {
    const { url, requests } = await api(
      saying(
        200,
        list([slice("IPv4", 7946, [{ address: "10.0.0.1" }]), slice("IPv6", 7946, [{ address: "fd00::1" }])]),
      ),
    );
    expect(await kubernetesDiscovery(options(url)).discover()).toEqual([
      { host: "10.0.0.1", port: 7946 },
      { host: "fd00::1", port: 7946 },
    ]);
    expect(requests).toHaveLength(1);
    expect(requests[0]!.headers.authorization).toBe("Bearer token");
    const asked = new URL(requests[0]!.path, url);
    expect(asked.pathname).toBe("/apis/discovery.k8s.io/v1/namespaces/mail/endpointslices");
    expect(asked.searchParams.get("labelSelector")).toBe("kubernetes.io/service-name=mailnode");
  });

  it("has pods that are not ready yet, and none that are going, nor names in place of addresses", async () => {
    const { url } = await api(
      saying(
        200,
        list([
          slice("IPv4", 7946, [
            { address: "10.0.0.1", conditions: { ready: false } },
            { address: "10.0.0.2", conditions: { ready: false, serving: true, terminating: true } },
          ]),
          slice("FQDN", 7946, [{ address: "example.com" }]),
          { ...slice("IPv4", 7946, [{ address: "10.0.0.9" }]), ports: null },
          { ...slice("IPv4", 7946, []), endpoints: null },
        ]),
      ),
    );
    expect(await kubernetesDiscovery(options(url)).discover()).toEqual([{ host: "10.0.0.1", port: 7946 }]);
  });

  it("reads all pages with a token that is renewed between questions, and ends with an API that never does", async () => {
    let token = 0;
    const paged = await api((request, response) => {
      const page = Number(new URL(request.url!, "https://x").searchParams.get("continue") ?? 0);
      const next = page < 2 ? { continue: String(page + 1) } : {};
      saying(200, list([slice("IPv4", 7946, [{ address: `10.0.0.${page}` }])], next))(request, response);
    });
    const discovery = kubernetesDiscovery(options(paged.url, { token: async () => `t${token++}` }));
    expect((await discovery.discover()).map(({ host }) => host)).toEqual([
      "10.0.0.0",
      "10.0.0.1",
      "10.0.0.2",
    ]);
    expect(paged.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer t0",
      "Bearer t1",
      "Bearer t2",
    ]);
    const endless = await api(saying(200, list([], { continue: "again" })));
    expect(await kubernetesDiscovery(options(endless.url)).discover()).toEqual([]);
    expect(endless.requests).toHaveLength(16);
  });

  it("gives at most 256 peers", async () => {
    const pods = Array.from({ length: 1_000 }, (_, i) => ({ address: `10.0.${i >> 8}.${i & 255}` }));
    const { url } = await api(saying(200, list([slice("IPv4", 7946, pods)])));
    expect(await kubernetesDiscovery(options(url)).discover()).toHaveLength(256);
  });

  it("trusts no other authority", async () => {
    const { url, requests } = await api(saying(200, list([])));
    const other = kubernetesDiscovery(options(url, { ca: selfSigned().cert }));
    await expect(other.discover()).rejects.toMatchObject({ code: "DISCOVERY_UNREACHABLE" });
    expect(requests).toEqual([]);
  });

  it.each([
    [401, { kind: "Status", status: "Failure", reason: "Unauthorized" }, "DISCOVERY_DENIED"],
    [403, { kind: "Status", status: "Failure", reason: "Forbidden" }, "DISCOVERY_DENIED"],
    [404, { kind: "Status", status: "Failure", reason: "NotFound" }, "DISCOVERY_UNKNOWN"],
    [410, { kind: "Status", status: "Failure", reason: "Expired" }, "DISCOVERY_ANSWER"],
    [500, { kind: "Status", status: "Failure", reason: "InternalError" }, "DISCOVERY_ANSWER"],
    [200, { kind: "PodList", metadata: {}, items: [] }, "DISCOVERY_ANSWER"],
    [200, "not JSON", "DISCOVERY_ANSWER"],
  ])("answered with %i and %j fails as %s", async (status, body, code) => {
    const { url } = await api(saying(status, body));
    await expect(kubernetesDiscovery(options(url)).discover()).rejects.toMatchObject({ code });
  });

  it("fails in time when the API does not answer", async () => {
    const { url } = await api(() => undefined);
    await expect(kubernetesDiscovery(options(url, { timeoutMs: 200 })).discover()).rejects.toMatchObject({
      code: "DISCOVERY_UNREACHABLE",
    });
  });
});
