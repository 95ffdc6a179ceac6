import { textTable } from "../../support/text-table.ts";
import type { QueueEntry } from "../queue/entry.ts";

/** The queue as text: one line per message, oldest first, times in UTC. */
export function queueTable(entries: readonly QueueEntry[]): string {
  if (entries.length === 0) return "The queue is empty.\n";
  const rows = entries.map(({ envelope, state }) => [
    envelope.id,
    `<${envelope.sender}>`,
    String(state.pending.length),
    String(state.attempts),
    new Date(state.nextTryAt).toISOString(),
  ]);
  return textTable([["ID", "FROM", "LEFT", "TRIES", "NEXT TRY"], ...rows]);
}
