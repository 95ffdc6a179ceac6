import { LevelNotMet, NotProposed, OutcomeUnknown, type Accepted } from "../../cluster/consensus.ts";
import type { Outcome } from "./packet.ts";

/** A change of the members that Raft's rules, or this moment, do not allow; definite. */
export class ChangeRefusedError extends Error {
  constructor(why: string) {
    super(`the members stay as they are: ${why}`);
    this.name = "ChangeRefusedError";
  }
}

/** What an outcome is to a caller: what was accepted, or the error that says what is known. */
export function acceptedOrThrow(outcome: Outcome): Accepted {
  switch (outcome.type) {
    case "accepted":
      return outcome.accepted;
    case "levelNotMet":
      throw new LevelNotMet(outcome.accepted, outcome.level);
    case "notProposed":
      throw new NotProposed(outcome.reason);
    case "refused":
      throw new ChangeRefusedError(outcome.why);
    case "unknown":
      throw new OutcomeUnknown(outcome.why);
  }
}
