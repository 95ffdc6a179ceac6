import type { Term } from "../../raft/core/types.ts";
import type { Committed } from "../committed.ts";
import type { Rule, Step } from "../rule.ts";
import { Violation } from "../violation.ts";

/**
 * What was committed in a term is in the log of the leaders of all later terms (3.6.3). By log matching it is
 * enough to look at the last such entry.
 */
export class LeaderCompleteness implements Rule {
  readonly #committed: Committed;
  #checked: Term = 0;

  constructor(committed: Committed) {
    this.#committed = committed;
  }

  observed({ process, after: { role, id, term } }: Step): void {
    if (role !== "leader" || term <= this.#checked) return;
    this.#checked = term;
    for (let index = this.#committed.highest; index > 0; index--) {
      const entry = this.#committed.at(index)!;
      if (entry.by >= term) continue;
      if (process.running!.appended.holds({ index, term: entry.term })) return;
      throw new Violation(
        "leader completeness",
        `${id} leads term ${term} without ${entry.term}/${index}, which was committed in term ${entry.by}`,
      );
    }
  }
}
