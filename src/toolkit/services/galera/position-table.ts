import { NO_HISTORY, type Position } from "./grastate.ts";
import type { Member } from "./member.ts";

/** The best known position of a member and where it was read. */
export interface KnownPosition extends Position {
  readonly source: "running server" | "saved state" | "recovered from data";
}

/**
 * A saved place is exact only after a clean stop; after a crash the log of the next start has it. Undefined
 * when neither says where in its history the member stands. Neither the empty history nor -1 is a position.
 */
export function knownPosition(member: Member): KnownPosition | undefined {
  const { status, saved, recovered } = member;
  const candidates: (KnownPosition | undefined)[] = [
    status?.wsrepOn
      ? { uuid: status.stateUuid, seqno: status.lastCommitted, source: "running server" }
      : undefined,
    saved && { uuid: saved.uuid, seqno: saved.seqno, source: "saved state" },
    recovered && { ...recovered, source: "recovered from data" },
  ];
  return candidates.find(
    (candidate) =>
      candidate && candidate.uuid !== NO_HISTORY && candidate.uuid !== "" && candidate.seqno >= 0n,
  );
}

/** What a person needs to decide: one line per member with history, place, flag and where that was read. */
export function positionTable(members: readonly Member[]): string {
  const rows = members.map((member) => {
    const position = knownPosition(member);
    return [
      member.machine,
      member.unit,
      position?.uuid ?? member.saved?.uuid ?? "none",
      position ? String(position.seqno) : "unknown",
      member.saved?.safeToBootstrap ? "yes" : "no",
      position?.source ?? (member.saved ? "saved state" : "nothing there"),
    ];
  });
  const lines = [
    ["machine", "unit", "history (uuid)", "position (seqno)", "safe to bootstrap", "read from"],
    ...rows,
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map(
      (line) =>
        `  ${line
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join("  ")
          .trimEnd()}`,
    )
    .join("\n");
}
