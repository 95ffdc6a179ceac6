/** What mbctl's exit code tells a script; docs/reference/cli.md lists them for people. */
export const EXIT = {
  done: 0,
  /** A fault that a person can mend; the message says how. */
  failed: 1,
  /** From plan, and from the dry run of a runbook: there are changes to make. */
  changes: 2,
  /** The command line itself was wrong. */
  usage: 64,
  /** A fault of mbctl. */
  internal: 70,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;
