/** Where HAProxy's files lie on a balancer. */
export const PATHS = {
  config: "/etc/haproxy/haproxy.cfg",
  /** Key and certificate chain that clients see. */
  publicPem: "/etc/haproxy/tls/public.pem",
  /** The cluster's authority, against which the mail nodes' consoles are verified. */
  authority: "/etc/haproxy/tls/authority.crt",
  dropIn: "/etc/systemd/system/haproxy.service.d/50-mailbastion.conf",
  saveState: "/usr/local/lib/mailbastion/save-server-state.sh",
  /** Takes drained machines out of a process that does not know of them. */
  applyDrains: "/usr/local/lib/mailbastion/apply-drains.sh",
  /** Holds the servers' state, which haproxy.service writes at each reload and stop; not a generated file. */
  stateFolder: "/var/lib/haproxy",
  /** Made by Debian's unit; root and the group haproxy only. */
  adminSocket: "/run/haproxy/admin.sock",
  /** Of the master process, which alone knows the workers that a reload left behind; named by Debian's unit. */
  masterSocket: "/run/haproxy-master.sock",
} as const;

/** Those whose servers are mail nodes: what a drained machine is taken out of. */
export const MAIL_LISTENERS = ["smtp", "submission", "submissions", "console"] as const;

export const UNIT = "haproxy.service";
/** Answers 200 on the statistics port while HAProxy itself works, without a password and without a log line. */
export const ALIVE_URI = "/alive";
