import type { Founders } from "../raft/shell/founders.ts";

/**
 * What a node says by gossip of the founding of its cluster. "propose" and "agree" name all founders' ids; "founded"
 * does while whoever says it has the beginning of the log still in hand.
 */
export type FoundingNote =
  | { readonly kind: "empty" }
  | { readonly kind: "propose" | "agree"; readonly founders: Founders }
  | { readonly kind: "founded"; readonly founders?: Founders };

const ID = /^(\+?)([0-9a-f]{16})$/;

/** "propose 0123...,+89ab...": the ids in order, a witness with a plus. Nine of them fit a name of gossip. */
export function encodeFoundingNote(note: FoundingNote): string {
  return "founders" in note ? `${note.kind} ${textOf(note.founders)}` : note.kind;
}

/** Undefined for what is no note: a node of another version, which is not counted on. */
export function decodeFoundingNote(text: string | undefined): FoundingNote | undefined {
  const [kind, ids, ...more] = (text ?? "").split(" ");
  if (more.length > 0) return undefined;
  if (ids === undefined) return kind === "empty" || kind === "founded" ? { kind } : undefined;
  const founders = foundersOf(ids);
  if (founders === undefined) return undefined;
  return kind === "propose" || kind === "agree" || kind === "founded" ? { kind, founders } : undefined;
}

/** The same for the same founders. */
export function textOf({ voters, witnesses = [] }: Founders): string {
  return [...voters]
    .sort()
    .map((id) => (witnesses.includes(id) ? `+${id}` : id))
    .join(",");
}

function foundersOf(text: string): Founders | undefined {
  const parts = text.split(",").map((part) => ID.exec(part));
  if (parts.some((part) => part === null)) return undefined;
  return {
    voters: parts.map((part) => part![2]!),
    witnesses: parts.filter((part) => part![1] === "+").map((part) => part![2]!),
  };
}
