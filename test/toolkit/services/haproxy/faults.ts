import type { PlantedFault } from "../planted-fault.ts";

const inConfig = { service: "haproxy", pathEndsWith: "/haproxy.cfg" };

export const faults: readonly PlantedFault[] = [
  {
    ...inConfig,
    title: "a misspelt balance algorithm",
    mutate: (content) => content.replace("balance leastconn", "balance leastcon"),
  },
  {
    ...inConfig,
    title: "a listener without a client timeout, about which HAProxy only warns",
    mutate: (content) => content.replace("    timeout client 11m\n", ""),
  },
  {
    ...inConfig,
    title: "a local peer that is no peer, for which HAProxy silently drops the peers section",
    mutate: (content) => content.replace(/localpeer \S+/, "localpeer somebody-else"),
  },
  {
    ...inConfig,
    title: "a last line without its end",
    mutate: (content) => content.trimEnd(),
  },
  {
    ...inConfig,
    title: "backend TLS that is to be verified against no authority",
    mutate: (content) => content.replace(/verify required ca-file \S+/, "verify required"),
  },
  {
    ...inConfig,
    title: "a certificate that is not there",
    mutate: (content) => content.replace(/ssl crt \S+/, "ssl crt /etc/haproxy/tls/absent.pem"),
  },
  {
    ...inConfig,
    title: "two servers of one name",
    mutate: (content) => content.replace(/^( {4}server .*\n)/m, "$1$1"),
  },
  {
    service: "haproxy",
    pathEndsWith: ".pem",
    title: "a public certificate without its key",
    mutate: (content) =>
      content.replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----\n/, ""),
  },
  {
    service: "haproxy",
    pathEndsWith: ".pem",
    title: "a public certificate that was cut short",
    mutate: (content) => content.replace("-----END CERTIFICATE-----", ""),
  },
  {
    service: "haproxy",
    pathEndsWith: ".crt",
    title: "an authority's certificate that was cut short",
    mutate: (content) => content.replace("-----END CERTIFICATE-----", ""),
  },
  {
    service: "haproxy",
    pathEndsWith: "/save-server-state.sh",
    title: "a quote that is never closed",
    mutate: (content) => content.replace('"$2/$name.new"', '"$2/$name.new'),
  },
  {
    service: "haproxy",
    pathEndsWith: "/apply-drains.sh",
    title: "a loop that is never ended",
    mutate: (content) => content.replace("    done\n", ""),
  },
  {
    service: "haproxy",
    pathEndsWith: "/50-mailbastion.conf",
    title: "a misspelt setting, about which systemd only warns",
    mutate: (content) => content.replace("ExecStop=", "ExecStopp="),
  },
];
