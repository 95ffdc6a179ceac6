/**
 * A membership as the data of a config entry: JSON in UTF-8, as it is rare, small and read by people in
 * `mbnode log inspect`. An entry holds the whole membership, not the change, so that any node understands it alone.
 */
import type { Membership, NodeId } from "./types.ts";
import { InvariantViolation } from "./invariant.ts";

/** Nobody: what a node starts from that is to join a cluster. */
export const NOBODY: Membership = {
  voters: [],
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  witnesses: [],
  autoLeave: false,
};

type ListName = Exclude<keyof Membership, "autoLeave">;

export function encodeMembership(membership: Membership): Uint8Array {
  const { voters, votersOutgoing, learners, learnersNext, witnesses, autoLeave } = membership;
  return new TextEncoder().encode(
    JSON.stringify({ voters, votersOutgoing, learners, learnersNext, witnesses, autoLeave }),
  );
}

/** Throws an InvariantViolation when the bytes are no membership: only this program writes config entries. */
export function decodeMembership(data: Uint8Array): Membership {
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    throw new InvariantViolation("a config entry does not hold JSON");
  }
  if (typeof read !== "object" || read === null) {
    throw new InvariantViolation("a config entry does not hold an object");
  }
  const fields = read as Record<string, unknown>;
  const ids = (name: ListName): readonly NodeId[] => {
    const list = fields[name];
    if (!Array.isArray(list) || !list.every((id) => typeof id === "string")) {
      throw new InvariantViolation(`a config entry's ${name} is not a list of node ids`);
    }
    return list;
  };
  if (typeof fields["autoLeave"] !== "boolean") {
    throw new InvariantViolation("a config entry's autoLeave is not true or false");
  }
  return {
    voters: ids("voters"),
    votersOutgoing: ids("votersOutgoing"),
    learners: ids("learners"),
    learnersNext: ids("learnersNext"),
    witnesses: ids("witnesses"),
    autoLeave: fields["autoLeave"],
  };
}
