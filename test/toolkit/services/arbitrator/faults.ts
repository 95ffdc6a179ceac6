import type { PlantedFault } from "../planted-fault.ts";

const settings = { service: "arbitrator", pathEndsWith: "/etc/default/garb" };

export const faults: readonly PlantedFault[] = [
  {
    ...settings,
    title: "a setting of Galera that there is not",
    mutate: (content) => content.replace("evs.suspect_timeout", "evs.suspicion_timeout"),
  },
  {
    ...settings,
    title: "a time that Galera cannot read",
    mutate: (content) => content.replace(/evs\.inactive_timeout=PT\d+S/, "evs.inactive_timeout=PTxS"),
  },
  {
    ...settings,
    title: "no name of the group",
    mutate: (content) => content.replace(/^GALERA_GROUP=.*/m, 'GALERA_GROUP=""'),
  },
  {
    service: "arbitrator",
    pathEndsWith: "/garb.service.d/mailbastion.conf",
    title: "a value that systemd does not know",
    mutate: (content) => content.replace("Restart=always", "Restart=for-ever"),
  },
];
