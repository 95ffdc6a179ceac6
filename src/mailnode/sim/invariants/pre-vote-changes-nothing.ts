import type { Message } from "../../raft/core/messages.ts";
import type { RaftStatus } from "../../raft/core/status.ts";
import type { Process } from "../process.ts";
import type { Rule } from "../rule.ts";
import { Violation } from "../violation.ts";

/** A question whether somebody would get a vote changes neither term, vote nor role of the one who is asked (9.6). */
export class PreVoteChangesNothing implements Rule {
  taken(process: Process, message: Message, before: RaftStatus | undefined): void {
    if (message.type !== "preVote" || before === undefined) return;
    const after = process.status;
    if (after === undefined) return;
    if (after.term === before.term && after.vote === before.vote && after.role === before.role) return;
    throw new Violation(
      "a pre-vote changes nothing",
      `${after.id} went from ${before.role} of ${before.term} to ${after.role} of ${after.term}`,
    );
  }
}
