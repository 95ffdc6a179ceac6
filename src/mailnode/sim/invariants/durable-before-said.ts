import type { Index } from "../../raft/core/types.ts";
import type { Message } from "../../raft/core/messages.ts";
import { formatMessage } from "../../raft/core/format.ts";
import type { LogMirror } from "../log-mirror.ts";
import type { Process } from "../process.ts";
import type { Rule } from "../rule.ts";
import { Violation } from "../violation.ts";

/** Whoever says that he voted, stands or holds entries has it on his disk before he says so (3.8, 10.2.1). */
export class DurableBeforeSaid implements Rule {
  sent(process: Process, message: Message): void {
    if (!isKept(process, message))
      throw new Violation("durable before said", `${formatMessage(message)}, and the disk may forget it`);
  }
}

function isKept(process: Process, message: Message): boolean {
  const promised = process.machine.promised!;
  const { durable } = promised;
  const { appended } = process.running!;
  const { term, vote } = durable.hardState;
  const remembers = term >= message.term;
  switch (message.type) {
    case "vote":
      return remembers;
    case "voteResponse":
      return !message.granted || term > message.term || (remembers && vote === message.to);
    case "appendResponse":
      if (message.rejected) return true;
      // The log in memory may have been overwritten in a later term meanwhile. The answer is one of its own term, as a
      // slow network could bring it just as well.
      if (appended.hardState.term > message.term) return promised.reachedIn(message.term, message.index);
      return remembers && holdsTo(message.index, durable, appended);
    default:
      return true;
  }
}

function holdsTo(index: Index, durable: LogMirror, appended: LogMirror): boolean {
  if (index <= durable.base.index) return true;
  // Behind a snapshot that came meanwhile only the place is left to compare.
  if (index <= appended.base.index) return index <= durable.lastIndex;
  return durable.termAt(index) === (appended.termAt(index) ?? NaN);
}
