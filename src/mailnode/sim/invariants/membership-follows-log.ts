import type { Membership } from "../../raft/core/types.ts";
import type { LogAppend } from "../../raft/log/raft-log.ts";
import type { Process } from "../process.ts";
import type { Rule, Step } from "../rule.ts";
import { Violation } from "../violation.ts";

/** A member goes by the latest membership in its log, committed or not, and by no other (4.1). */
export class MembershipFollowsLog implements Rule {
  readonly #changed = new Set<Process>();

  appended(process: Process, { entries = [], snapshot }: LogAppend, before: number): void {
    const overwrote = entries.length > 0 && entries[0]!.index <= before;
    const changed = snapshot !== undefined || overwrote || entries.some(({ kind }) => kind === "config");
    if (changed) this.#changed.add(process);
  }

  observed({ process, after }: Step): void {
    const { appended } = process.running!;
    // While a leader's own entries are not handed to the log yet, the log is behind.
    if (!appended.isAllOf(after.last) || !this.#changed.delete(process)) return;
    const { membership } = appended.membership;
    if (text(membership) !== text(after.membership))
      throw new Violation(
        "a member goes by its log",
        `${after.id} goes by ${text(after.membership)}, and its log says ${text(membership)}`,
      );
  }
}

function text({ voters, votersOutgoing, learners, learnersNext, witnesses }: Membership): string {
  return [voters, votersOutgoing, learners, learnersNext, witnesses].map((ids) => ids.join(",")).join(" | ");
}
