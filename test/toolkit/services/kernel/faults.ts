import type { PlantedFault } from "../planted-fault.ts";

const inSettings = { service: "kernel", pathEndsWith: "/60-mailbastion.conf" };

export const faults: readonly PlantedFault[] = [
  {
    ...inSettings,
    title: "a misspelt setting, which sysctl skips at boot",
    mutate: (content) => content.replace("tcp_retries2", "tcp_retrys2"),
  },
  {
    ...inSettings,
    title: "a setting without a value",
    mutate: (content) => content.replace(/(tcp_retries2 =).*/, "$1"),
  },
];
