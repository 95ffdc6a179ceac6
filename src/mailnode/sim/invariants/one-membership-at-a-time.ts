import type { LogAppend } from "../../raft/log/raft-log.ts";
import type { Committed } from "../committed.ts";
import type { Process } from "../process.ts";
import type { Rule } from "../rule.ts";
import { Violation } from "../violation.ts";

/** A log holds at most one membership that is not committed (4.1): two at once could make two majorities. */
export class OneMembershipAtATime implements Rule {
  readonly #committed: Committed;

  constructor(committed: Committed) {
    this.#committed = committed;
  }

  appended(process: Process, { entries = [] }: LogAppend): void {
    const { appended } = process.running ?? {};
    if (appended === undefined || entries.every(({ kind }) => kind !== "config")) return;
    const open: number[] = [];
    // What a leader has committed in this very turn is not in the list of all yet.
    const committed = Math.max(this.#committed.highest, process.status?.commit ?? 0);
    for (let index = committed + 1; index <= appended.lastIndex; index++)
      if (appended.at(index)?.kind === "config") open.push(index);
    if (open.length > 1)
      throw new Violation(
        "one membership at a time",
        `${process.machine.name} holds memberships at ${open.join(" and ")}, none of them committed`,
      );
  }
}
