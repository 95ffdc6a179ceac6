import type { NodeId } from "../../raft/core/types.ts";
import { isQuorum } from "../majority.ts";
import type { Promised } from "../promised.ts";
import type { Rule, Step } from "../rule.ts";
import { Violation } from "../violation.ts";

/**
 * A leader commits what is on the disks of a quorum, of both quorums in a joint membership, and only by an entry of
 * its own term (3.5, 3.6.2, 4.3).
 */
export class QuorumHoldsCommitted implements Rule {
  readonly #promisedOf: (id: NodeId) => Promised | undefined;

  constructor(promisedOf: (id: NodeId) => Promised | undefined) {
    this.#promisedOf = promisedOf;
  }

  observed({ process, before, after }: Step): void {
    if (before === undefined || after.commit === before.commit) return;
    const led = before.role === "leader" && before.term === after.term;
    if (after.role !== "leader" && !led) return;
    const index = after.commit;
    const term = process.running!.appended.termAt(index);
    if (term !== after.term)
      throw new Violation(
        "commit by the own term",
        `${after.id} committed ${term}/${index} in ${after.term}`,
      );
    const holds = (id: NodeId): boolean => this.#promisedOf(id)?.holds({ index, term }) === true;
    // The membership that decided may have been replaced in the same turn.
    if ([before, after].some(({ membership }) => isQuorum(membership, holds))) return;
    throw new Violation("a quorum holds what is committed", `${after.id} committed ${term}/${index} without`);
  }
}
