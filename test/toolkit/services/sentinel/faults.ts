import type { PlantedFault } from "../planted-fault.ts";

const config = { service: "sentinel", pathEndsWith: "/sentinel.conf" };

export const faults: readonly PlantedFault[] = [
  {
    ...config,
    title: "a setting that Sentinel does not know",
    mutate: (content) => content.replace("sentinel down-after-milliseconds", "sentinel down-after"),
  },
  {
    ...config,
    title: "settings of a master that nobody watches",
    mutate: (content) => content.replace(/^sentinel monitor .*$/m, ""),
  },
  {
    ...config,
    title: "a quorum of nobody",
    mutate: (content) => content.replace(/^(sentinel monitor .*) \d+$/m, "$1 0"),
  },
  {
    service: "sentinel",
    pathEndsWith: ".sh",
    title: "a quote without its end",
    mutate: (content) => content.replace('"$@"', '"$@'),
  },
  {
    service: "sentinel",
    pathEndsWith: "/redis-sentinel.service.d/mailbastion.conf",
    title: "a misspelt key",
    mutate: (content) => content.replace("ExecStartPost=", "ExecStartsPost="),
  },
];
