import type { PlantedFault } from "../planted-fault.ts";

const inRules = { service: "nftables", pathEndsWith: "/firewall.nft" };

export const faults: readonly PlantedFault[] = [
  {
    ...inRules,
    title: "a misspelt verdict",
    mutate: (content) => content.replace("iif lo accept", "iif lo acept"),
  },
  {
    ...inRules,
    title: "a prefix that is none",
    mutate: (content) => content.replace(/ip daddr [\d.]+/, "$&/33"),
  },
  {
    ...inRules,
    title: "a port that is none",
    mutate: (content) => content.replace("dport 22 ", "dport 65536 "),
  },
  {
    ...inRules,
    title: "a file that was cut short",
    mutate: (content) => content.slice(0, content.lastIndexOf("}")),
  },
  {
    service: "nftables",
    pathEndsWith: "/mailbastion-firewall.service",
    title: "a type that systemd does not know, about which it only warns",
    mutate: (content) => content.replace("Type=oneshot", "Type=onceshot"),
  },
  {
    service: "nftables",
    pathEndsWith: "/nftables.service.d/mailbastion.conf",
    title: "a misspelt key",
    mutate: (content) => content.replace("ExecStartPost=", "ExecStartsPost="),
  },
];
