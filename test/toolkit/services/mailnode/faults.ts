import type { PlantedFault } from "../planted-fault.ts";

const inConfig = { service: "mailnode", pathEndsWith: "/mbnode.json" };
const inUnit = { service: "mailnode", pathEndsWith: "/mailbastion-mbnode.service" };
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----\n/;

export const faults: readonly PlantedFault[] = [
  {
    ...inConfig,
    title: "a misspelt key",
    mutate: (content) => content.replace('"relayNetworks"', '"relayNetwork"'),
  },
  {
    ...inConfig,
    title: "a network with host bits, which would relay for others than meant",
    mutate: (content) => content.replace(/("relayNetworks": \[\s*)"[^"]+"/, '$1"192.168.1.7/24"'),
  },
  {
    ...inConfig,
    title: "two listeners on one port",
    mutate: (content) => content.replace('"port": 587', '"port": 25'),
  },
  {
    ...inConfig,
    title: "a file that was cut short",
    mutate: (content) => content.slice(0, content.length / 2),
  },
  {
    ...inConfig,
    title: "no founder of the cluster",
    mutate: (content) => content.replace(/"founders": \[[^\]]*\]/, '"founders": []'),
  },
  {
    service: "mailnode",
    pathEndsWith: "/gossip.keys",
    title: "a key that was cut short",
    mutate: (content) => content.replace(/.{4}\n*$/, "\n"),
  },
  {
    service: "mailnode",
    pathEndsWith: "/authority.crt",
    title: "a certificate that was cut short",
    mutate: (content) => content.replace("-----END CERTIFICATE-----", ""),
  },
  {
    ...inUnit,
    title: "a misspelt key",
    mutate: (content) => content.replace("AmbientCapabilities=", "AmbientCapability="),
  },
  {
    ...inUnit,
    title: "a program that is not there",
    mutate: (content) => content.replace(/^ExecStart=\S+/m, "ExecStart=/opt/mailbastion/absent/mbnode"),
  },
  {
    service: "mailnode",
    pathEndsWith: ".pem",
    title: "a certificate without its key",
    mutate: (content) => content.replace(PRIVATE_KEY, ""),
  },
  {
    service: "mailnode",
    pathEndsWith: ".pem",
    title: "a certificate that was cut short",
    mutate: (content) => content.replace("-----END CERTIFICATE-----", ""),
  },
  {
    service: "mailnode",
    pathEndsWith: ".pem",
    title: "a key that belongs to another certificate",
    mutate: (content) => content.replace(PRIVATE_KEY, ANOTHER_KEY),
  },
];

/** Of P-256, made for this file and used nowhere. */
const ANOTHER_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg66eyBKk0NmOQpW4v
xEygWlntY1oCXAYohNwFtKUuWG+hRANCAASzvLq/ZNip7PtFmeM8g7fUW8NDKtCp
MmWtzPmTUxZWeGGjFZGA5WOfqehn2IMc8BtAcOSsFiH55dtG9ox61VL4
-----END PRIVATE KEY-----
`;
