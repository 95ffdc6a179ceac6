import type { PlantedFault } from "../planted-fault.ts";

const config = { service: "glusterfs", pathEndsWith: "/glusterd.vol" };

export const faults: readonly PlantedFault[] = [
  {
    ...config,
    title: "a word that the language of volume files does not have",
    mutate: (content) => content.replace("type mgmt/glusterd", "kind mgmt/glusterd"),
  },
  {
    ...config,
    title: "a translator that there is not",
    mutate: (content) => content.replace("mgmt/glusterd", "mgmt/glusterdd"),
  },
  {
    service: "glusterfs",
    pathEndsWith: "/glusterd.service.d/mailbastion.conf",
    title: "a value that systemd does not know",
    mutate: (content) => content.replace("Restart=on-failure", "Restart=on-a-failure"),
  },
  {
    service: "glusterfs",
    pathEndsWith: "/glusterd.service.d/mailbastion.conf",
    title: "an order that closes a circle with that of Debian's unit, in which each waits for the other",
    mutate: (content) => content.replace(/^After=.*/m, "After=network-online.target"),
  },
];
