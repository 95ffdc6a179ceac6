/** What was promised against what came: the proof that no answered message is lost. */
export interface Ledger {
  /** Ids answered 250. */
  readonly answered: number;
  /** Different ids that arrived. */
  readonly arrived: number;
  /** Answered 250 and not arrived: mail that was lost. */
  readonly missing: readonly string[];
  /** Arrived more than once: allowed, as delivery is at least once, and counted. */
  readonly duplicates: readonly string[];
  /** Arrived though the sender never saw a 250: it would have sent them again. */
  readonly unanswered: readonly string[];
}

/** Compares the ids that were answered with those that arrived, in the order of their coming, repeats included. */
export function ledgerOf(answered: Iterable<string>, arrivals: Iterable<string>): Ledger {
  const promised = new Set(answered);
  const counts = new Map<string, number>();
  for (const id of arrivals) counts.set(id, (counts.get(id) ?? 0) + 1);
  return {
    answered: promised.size,
    arrived: counts.size,
    missing: [...promised].filter((id) => !counts.has(id)),
    duplicates: [...counts].filter(([, count]) => count > 1).map(([id]) => id),
    unanswered: [...counts.keys()].filter((id) => !promised.has(id)),
  };
}

/** How many ids a line names before it only counts the rest. */
const NAMED = 5;

/** The ledger as lines for people. */
export function ledgerLines(ledger: Ledger): readonly string[] {
  return [
    `answered 250:        ${ledger.answered}`,
    `arrived:             ${ledger.arrived}`,
    `missing:             ${listed(ledger.missing)}`,
    `arrived twice:       ${listed(ledger.duplicates)}`,
    `arrived unanswered:  ${listed(ledger.unanswered)}`,
  ];
}

function listed(ids: readonly string[]): string {
  if (ids.length === 0) return "none";
  const rest = ids.length > NAMED ? ` and ${ids.length - NAMED} more` : "";
  return `${ids.length} (${ids.slice(0, NAMED).join(", ")}${rest})`;
}
