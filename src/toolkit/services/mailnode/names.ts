import { RELEASE } from "../../../contract/release-layout.ts";

export const UNIT = RELEASE.unit;
/** The user, and the group, that runs the mail node. */
export const USER = "mailbastion";
/** A line of shell: ends with 0 where the mail node does not run. */
export const ONLY_IF_IT_RUNS = `
systemctl is-active --quiet ${UNIT} || exit 0`;
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
  /** The same once more, and whom it trusts, for the other mail nodes. Read again at a reload. */
  memberPem: "/etc/mailbastion/cluster/member.pem",
  memberAuthority: "/etc/mailbastion/cluster/authority.crt",
  gossipKeys: "/etc/mailbastion/cluster/gossip.keys",
  /** Made by the unit as its StateDirectory. */
  queue: "/var/lib/mailbastion/queue",
  /** In the same: the log, its snapshots, and what gossip must remember. */
  raft: "/var/lib/mailbastion/raft",
} as const;

/** Name of the secret that the mail nodes seal what they tell each other with. */
export const GOSSIP_SECRET = "mail/gossip-key";

/** Name of the secret with a machine's certificate. */
export function machineSecret(machine: string): string {
  return `pki/${machine}`;
}
