import type { Gap } from "./gap.ts";
import type { Change } from "./holders.ts";

/** What one run leaves in results/: all that was seen, so that other questions can be asked of it later. */
export interface Run {
  readonly startedAt: string;
  readonly command: string;
  readonly machine: Readonly<Record<string, string>>;
  /** VRRP priority of the first balancer. */
  readonly priority: number;
  /** So many adverts that nobody hears move the VIP; absent in runs from before it could be chosen, which had 3. */
  readonly missedAdverts?: number;
  readonly rounds: number;
  readonly intervals: readonly number[];
  readonly blocks: readonly Block[];
  /** Why the run ended early. */
  readonly endedBy?: string;
}

/** One interval in one round. */
export interface Block {
  readonly round: number;
  readonly intervalMs: number;
  /** What keepalived itself says that its interval is. */
  readonly advertised: string;
  /** Load average of the last minute: before the pauses, at their end. */
  readonly load: readonly [number, number];
  readonly pauses: readonly Pause[];
  readonly kills: readonly Kill[];
  /** Changes of VRRP state that keepalived wrote to the machines' journals during the pauses. */
  readonly journal: readonly string[];
}

/** The holder frozen for half a second, and all that happened to the VIP until the next one. */
export interface Pause {
  readonly holder: string;
  /** It was frozen at least and at most this long. */
  readonly frozenMs: readonly [number, number];
  /** Times count from the call that froze. */
  readonly changes: readonly Change[];
  readonly windowMs: number;
}

/** The holder's loss of power. Times count from the call that took it. */
export interface Kill {
  readonly holder: string;
  /** Whether the bench's own load ran. */
  readonly busy: boolean;
  /** When the other one bore the VIP. */
  readonly movedMs: number;
  /** Undefined when no answer came in time. */
  readonly gap?: Gap;
  readonly load: number;
}
