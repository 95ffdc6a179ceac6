import * as z from "zod";
import { Secret } from "../../support/secret.ts";
import { distinct, isPort, type Discovery, type Endpoint } from "./endpoint.ts";
import { getJson } from "./http-json.ts";

export interface KubernetesOptions {
  /** "https://10.96.0.1:443": KUBERNETES_SERVICE_HOST and _PORT of the pod. */
  readonly api: string;
  readonly namespace: string;
  readonly service: string;
  /** The name of the port in the service. */
  readonly portName: string;
  /** Read for every question, as the kubelet renews the token in its file. */
  readonly token: () => Promise<string>;
  /** The cluster's certificate authority, in PEM. */
  readonly ca: string;
  readonly timeoutMs: number;
}

/** Pages that are read of one answer. */
const MAX_PAGES = 16;

/** discovery.k8s.io/v1, EndpointSliceList; what is not read is left out. */
const Slices = z.object({
  kind: z.literal("EndpointSliceList"),
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(
    z.object({
      addressType: z.string(),
      endpoints: z
        .array(
          z.object({
            addresses: z.array(z.string()),
            conditions: z.object({ terminating: z.boolean().nullish() }).nullish(),
          }),
        )
        .nullish(),
      ports: z.array(z.object({ name: z.string().nullish(), port: z.number().nullish() })).nullish(),
    }),
  ),
});
type SliceList = z.infer<typeof Slices>;

/**
 * The pods behind a service, by its EndpointSlices
 * (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/).
 *
 * Pods that are not ready are among them: a mail node is ready after it has joined, and could else never
 * find those that start together with it. Pods that are going are not.
 */
export function kubernetesDiscovery(options: KubernetesOptions): Discovery {
  return {
    async discover() {
      const endpoints: Endpoint[] = [];
      let next: string | undefined;
      for (let page = 0; page < MAX_PAGES; page++) {
        const list = await pageOf(options, next);
        endpoints.push(...peersOf(list, options.portName));
        next = list.metadata.continue;
        if (!next) break;
      }
      return distinct(endpoints);
    },
  };
}

async function pageOf(options: KubernetesOptions, next: string | undefined): Promise<SliceList> {
  const { api, namespace, service, token, ca, timeoutMs } = options;
  const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
  const url = new URL(path, api);
  url.searchParams.set("labelSelector", `kubernetes.io/service-name=${service}`);
  url.searchParams.set("limit", "100");
  if (next) url.searchParams.set("continue", next);
  const headers = {
    Accept: "application/json",
    Authorization: new Secret(`Bearer ${(await token()).trim()}`),
  };
  return getJson({ url, peer: "the Kubernetes API", headers, ca, limitMs: timeoutMs }, Slices);
}

function peersOf(list: SliceList, portName: string): readonly Endpoint[] {
  return list.items
    .filter(({ addressType }) => addressType === "IPv4" || addressType === "IPv6")
    .flatMap(({ endpoints, ports }) => {
      const port = ports?.find(({ name }) => name === portName)?.port;
      if (!isPort(port)) return [];
      const staying = (endpoints ?? []).filter(({ conditions }) => conditions?.terminating !== true);
      // All addresses of one endpoint are the same pod; the first is enough (EndpointSlice v1, addresses).
      return staying.flatMap(({ addresses }) => addresses.slice(0, 1).map((host) => ({ host, port })));
    });
}
