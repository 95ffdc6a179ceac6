import type { NodeId, Term } from "../../raft/core/types.ts";
import type { Rule, Step } from "../rule.ts";
import { Violation } from "../violation.ts";

/** At most one leader can be elected in a term (dissertation 3.4, figure 3.2). */
export class ElectionSafety implements Rule {
  readonly #leaders = new Map<Term, NodeId>();

  observed({ after }: Step): void {
    if (after.role !== "leader") return;
    const known = this.#leaders.get(after.term) ?? after.id;
    if (known !== after.id)
      throw new Violation("election safety", `${known} and ${after.id} both lead term ${after.term}`);
    this.#leaders.set(after.term, after.id);
  }
}
