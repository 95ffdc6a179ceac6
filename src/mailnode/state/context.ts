/** The parts of the state, by name. */
export type Space =
  "keys" | "leases" | "documents" | "nodes" | "limits" | "buckets" | "affinity" | "maintenance" | "accounts";

/** What an entry changed; the watches of a node are fed by these. */
export interface StateEvent {
  readonly space: Space;
  readonly key: string;
  readonly change: "set" | "deleted" | "expired";
  /** The entry that did it. */
  readonly index: number;
  /** What stands there now; undefined when nothing does. */
  readonly record: unknown;
}

/** What an entry brings along for the tables that it changes. */
export interface Context {
  readonly index: number;
  /** The state's time in milliseconds; see StateClock. */
  readonly now: number;
  /** The leader's wall clock, for records that people read. */
  readonly wallMs: number;
  readonly actor: string;
  readonly emit: (event: StateEvent) => void;
}
