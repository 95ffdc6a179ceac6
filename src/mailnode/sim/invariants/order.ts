import type { Rule, Step } from "../rule.ts";
import { Violation } from "../violation.ts";

/** What was purged is in the snapshot, that is applied, that is committed, and that is in the log. */
export class Order implements Rule {
  observed({ after: { id, first, snapshot, applied, commit, last, durable } }: Step): void {
    const places = [first - 1, snapshot.index, applied, commit, last.index];
    const sorted = places.every((place, at) => at === 0 || places[at - 1]! <= place);
    if (!sorted || durable > last.index)
      throw new Violation(
        "order",
        `${id}: purged ${places[0]}, snapshot ${places[1]}, applied ${applied}, committed ${commit}, durable ${durable}, last ${last.index}`,
      );
  }
}
