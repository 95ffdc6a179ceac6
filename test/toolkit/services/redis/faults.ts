import type { PlantedFault } from "../planted-fault.ts";

const config = { service: "redis", pathEndsWith: "/redis.conf" };

export const faults: readonly PlantedFault[] = [
  {
    ...config,
    title: "a directive that Redis does not know",
    mutate: (content) => content.replace("maxmemory ", "maxmemoryy "),
  },
  {
    ...config,
    title: "a policy that Redis does not know",
    mutate: (content) => content.replace(/maxmemory-policy \S+/, "maxmemory-policy least-loved"),
  },
  {
    ...config,
    title: "a password that is missing",
    mutate: (content) => content.replace(/^requirepass .*$/m, "requirepass"),
  },
  {
    service: "redis",
    pathEndsWith: "/redis-server.service.d/mailbastion.conf",
    title: "a time that systemd cannot read, about which it only warns",
    mutate: (content) => content.replace("TimeoutStartSec=infinity", "TimeoutStartSec=endless"),
  },
];
