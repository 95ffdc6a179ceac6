import type { Index } from "../../raft/core/types.ts";
import type { Committed } from "../committed.ts";
import type { Process } from "../process.ts";
import type { Rule, Step } from "../rule.ts";
import { Violation } from "../violation.ts";

/** What one member knows as committed, no other member knows otherwise, ever. */
export class CommittedStays implements Rule {
  readonly #committed: Committed;
  readonly #checked = new Map<Process, Index>();

  constructor(committed: Committed) {
    this.#committed = committed;
  }

  observed({ process, after }: Step): void {
    const { appended } = process.running!;
    const checked = this.#checked.get(process) ?? 0;
    // What the core has not handed out yet is looked at when it has.
    if (after.commit <= checked || !appended.isAllOf(after.last)) return;
    this.#checked.set(process, after.commit);
    for (let index = Math.max(checked + 1, appended.base.index); index <= after.commit; index++) {
      const term = appended.termAt(index);
      const known = this.#committed.at(index);
      if (index === 0 || (known !== undefined && known.term === term)) continue;
      if (known !== undefined || index !== this.#committed.highest + 1 || term === undefined)
        throw new Violation(
          "what is committed stays",
          `${after.id} has committed ${term}/${index}, and ${known?.term ?? "nobody"} was`,
        );
      this.#committed.add({ term, by: after.term });
    }
  }
}
