/** What is asked for without a pause while a machine loses its power. */
export const TIERS = ["vip", "mail", "cache", "writer"] as const;
export type Tier = (typeof TIERS)[number];

/** What one run leaves in results/. */
export interface Run {
  readonly startedAt: string;
  readonly command: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly kills: readonly Kill[];
  readonly recoveries: readonly Recovery[];
  /** Why the run ended early. */
  readonly endedBy?: string;
}

export interface Kill {
  /** The tier whose holder was killed. */
  readonly tier: Tier;
  readonly killed: string;
  /** The tiers that it held, this one among them. */
  readonly held: readonly Tier[];
  /** From the kill to the end of the first good answer; absent where none came in time. */
  readonly gapMs?: number;
  /** Tries in that time, and how many of them failed. */
  readonly tries: number;
  readonly failed: number;
  readonly load: number;
  /** Where it is over its target: what those that move tiers wrote meanwhile on the other machines, so that it can be explained. */
  readonly journal?: string;
}

/** What the database knows of its last component when all machines are back: with a saved view it can restore that one. */
export const VIEWS = ["kept", "lost"] as const;
export type SavedView = (typeof VIEWS)[number];

/** All machines lost their power and got it back; nothing of the database started by itself. */
export interface Recovery {
  /** Absent in runs of before 27 November 2026, 11:22, which all took it away. */
  readonly savedView?: SavedView;
  /** The command from its start to its end, with the whole cluster behind it. */
  readonly commandMs: number;
  readonly exitCode: number;
  readonly load: number;
}
