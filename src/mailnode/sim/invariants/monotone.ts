import type { Rule, Step } from "../rule.ts";
import { Violation } from "../violation.ts";

/** Term, commit index and applied index of a process never fall, and a vote is given once in a term (figure 3.1). */
export class Monotone implements Rule {
  observed({ before, after }: Step): void {
    if (before === undefined) return;
    for (const what of ["term", "commit", "applied"] as const)
      if (after[what] < before[what])
        throw new Violation("monotone", `${after.id}: ${what} fell from ${before[what]} to ${after[what]}`);
    if (after.term === before.term && before.vote !== undefined && after.vote !== before.vote)
      throw new Violation(
        "one vote in a term",
        `${after.id} voted for ${before.vote} in term ${after.term}, and now for ${after.vote}`,
      );
  }
}
