/** A position in a history of writesets: comparable only with positions of the same uuid. */
export interface Position {
  readonly uuid: string;
  /** -1n: the history is known, the place in it is not. */
  readonly seqno: bigint;
}

/** What a member wrote down about itself: grastate.dat. */
export interface SavedState extends Position {
  /** Set by the member that left last in a clean stop of all. */
  readonly safeToBootstrap: boolean;
}

export const NO_HISTORY = "00000000-0000-0000-0000-000000000000";

/**
 * Reads grastate.dat; undefined when the text holds no state, as on a machine that was never in a cluster, or
 * one that only ever tried to join (the file is then empty).
 */
export function parseSavedState(text: string): SavedState | undefined {
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)\\s*$`, "m").exec(text)?.[1];
  const uuid = field("uuid");
  const seqno = field("seqno");
  if (uuid === undefined || !isUuid(uuid) || seqno === undefined || !/^-?\d+$/.test(seqno)) return undefined;
  return { uuid, seqno: BigInt(seqno), safeToBootstrap: field("safe_to_bootstrap") === "1" };
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
