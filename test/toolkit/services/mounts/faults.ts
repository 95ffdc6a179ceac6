import type { PlantedFault } from "../planted-fault.ts";

export const faults: readonly PlantedFault[] = [
  {
    service: "mounts",
    pathEndsWith: ".mount",
    title: "a path that is not the unit's name",
    mutate: (content) => content.replace(/^Where=.*$/m, "Where=/somewhere/else"),
  },
  {
    service: "mounts",
    pathEndsWith: ".mount",
    title: "a misspelt key",
    mutate: (content) => content.replace("Options=", "Option="),
  },
  {
    service: "mounts",
    pathEndsWith: "/mailbastion-quarantine.service",
    title: "a value that systemd does not know",
    mutate: (content) => content.replace("Restart=always", "Restart=allways"),
  },
  {
    service: "mounts",
    pathEndsWith: "/keep-mounted.sh",
    title: "a loop without its end",
    mutate: (content) => content.replace(/^done$/m, ""),
  },
];
