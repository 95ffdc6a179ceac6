/** Where the mail node's program lies on a machine: apply puts it there, the unit runs it. */
export const RELEASE = {
  /** Holds releases/<id>, runtimes/<name> and the link to the release that is to run. */
  home: "/opt/mailbastion",
  current: "/opt/mailbastion/current",
  program: "/opt/mailbastion/current/bin/mbnode",
  /** Written at each start of the unit: the id of the release that runs. */
  running: "/run/mailbastion/release",
  /** Where a running node takes orders from this machine: the unit's RuntimeDirectory holds it. */
  socket: "/run/mailbastion/mbnode.sock",
  unit: "mailbastion-mbnode.service",
} as const;
