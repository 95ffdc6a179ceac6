/**
 * Where the core differs from etcd's raft on purpose, all in one place. Nothing that is not here may differ.
 *
 * One rule needs no code: a message that only one of them sends is as slow as a network may be, and arrives when a
 * phase ends or is lost. Such are a commit index, which the oracle announces at once and the core with its next
 * message; answers to a candidate or leader of an earlier term, whom the oracle lets wait; the refusal of a question
 * in advance for the present term, which the oracle grants; a question in advance that is asked again while nobody
 * answers, which the oracle asks once an election timeout; and the answers to these.
 */
import type { Letter, Picture } from "./side.ts";

/** Letters that the two read differently; until the cluster is whole again, the network loses them. */
export function isLost(letter: Letter, receiver: Picture): boolean {
  switch (letter.type) {
    case "preVoteResponse":
      // A grant of an earlier campaign: the oracle counts it for the present one, the core does not.
      return letter.text.endsWith("granted") && letter.term !== receiver.term + 1;
    case "timeoutNow":
      // To one that stands already: the oracle passes over it, the core stands anew, this time for a transfer.
      return receiver.role !== "follower";
    case "append":
      // It begins before the commit index and ends behind it: the oracle takes nothing of it, the core what is new.
      return letter.prevIndex < receiver.commit && letter.prevIndex + letter.count > receiver.commit;
    case "snapshot":
      // Of an earlier term: to the oracle it is stale; the core takes it, as what it holds was committed.
      return letter.term < receiver.term;
    default:
      return false;
  }
}

/**
 * A new leader has been elected by a quorum: the core gives it a whole period before it asks whether that quorum
 * still answers. The oracle asks at the end of the first one.
 */
export function grantFirstPeriod(raft: {
  prs: { visit: (see: (id: string, progress: { recentActive: boolean }) => void) => void };
}): void {
  raft.prs.visit((_, progress) => {
    progress.recentActive = true;
  });
}
