import { isUuid, type Position } from "./grastate.ts";

/** How the server prints an unsigned -1. */
const UNKNOWN_SEQNO = 18446744073709551615n;

/**
 * The position that a server recovered from its storage engine, out of its log; undefined when it has none.
 *
 * The last matching line counts. With GTID mode on, "uuid:seqno,domain-server-sequence" is printed. Numbers may
 * be larger than a double can hold.
 */
export function parseRecoveredPosition(log: string): Position | undefined {
  const lines = [...log.matchAll(/Recovered position:?\s+(\S+?):(-?\d+)(?:,\S+)?\s*$/gm)];
  const [, uuid, seqno] = lines.at(-1) ?? [];
  if (uuid === undefined || !isUuid(uuid)) return undefined;
  const value = BigInt(seqno!);
  return { uuid, seqno: value === UNKNOWN_SEQNO ? -1n : value };
}

/** The same, unless the server ran since: then its position has moved on and the line says nothing. */
export function parsePositionSinceStop(log: string): Position | undefined {
  const last = log.trimEnd().split("\n").at(-1) ?? "";
  return parseRecoveredPosition(last);
}
