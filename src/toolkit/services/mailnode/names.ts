import { RELEASE } from "../../../contract/release-layout.ts";

export const UNIT = RELEASE.unit;
/** The user, and the group, that runs the mail node. */
export const USER = "mailbastion";
/** What `ss` shows as the owner of the mail node's ports. */
export const PROGRAM = "mbnode";

/** Where the mail node's files lie. */
export const PATHS = {
  program: RELEASE.program,
  config: "/etc/mailbastion/mbnode.json",
  /** Key and chain that clients of SMTP see. */
  publicPem: "/etc/mailbastion/tls/public.pem",
  /** The machine's own key and certificate, of the cluster's authority. */
  machinePem: "/etc/mailbastion/pki/machine.pem",
  /** Made by the unit as its StateDirectory. */
  queue: "/var/lib/mailbastion/queue",
} as const;

/** Name of the secret with a machine's certificate. */
export function machineSecret(machine: string): string {
  return `pki/${machine}`;
}
