/**
 * Where the core differs from etcd's raft on purpose, all in one place. Nothing that is not here may differ.
 *
 * One rule needs no code: a message that only one of them sends is as slow as a network may be, and arrives when a
 * phase ends or is lost. Such are a commit index, which the oracle announces at once and the core with its next
 * message; answers to a candidate or leader of an earlier term, whom the oracle lets wait; the refusal of a question
 * in advance for the present term, which the oracle grants; and the answers to these. All reads that waited for the
 * first commit of a term share one round of heartbeats of the core; the oracle sends one for each.
 *
 * One difference is large, and has a file of its own, oracle-membership.ts: a membership counts from its place in the
 * log on, not from when it is applied.
 */
import { pb, StateType, VoteResult } from "./oracle-package.ts";
import type { OracleMessage, OracleNodeCore, OracleRaft, OracleSnapshot } from "./oracle-package.ts";
import type { Letter, Picture } from "./side.ts";

const ANSWERS = new Set(["appendResponse", "voteResponse", "preVoteResponse", "heartbeatResponse"]);

/** Letters that the two read differently; until the cluster is whole again, the network loses them. */
export function isLost(letter: Letter, receiver: Picture): boolean {
  // The answer of one that is no member any more: the oracle does not even look at its term.
  if (ANSWERS.has(letter.type) && !isMember(receiver.members, letter.from)) return true;
  switch (letter.type) {
    case "preVoteResponse":
      // A grant of an earlier campaign: the oracle counts it for the present one, the core does not.
      return letter.text.endsWith("granted") && letter.term !== receiver.term + 1;
    case "timeoutNow":
      // To one that stands already: the oracle passes over it, the core stands anew, this time for a transfer.
      // To one that is left out by its latest membership: see standsForOne.
      return receiver.role !== "follower" || !hasVote(receiver.members, receiver.id);
    case "append":
      // It begins before the commit index and ends behind it: the oracle takes nothing of it, the core what is new.
      return letter.prevIndex < receiver.commit && letter.prevIndex + letter.count > receiver.commit;
    case "snapshot":
      // Of an earlier term: to the oracle it is stale; the core takes it, as what it holds was committed.
      return letter.term < receiver.term;
    case "readIndex":
      // The oracle's has no term and is handed on, so any leader takes it; the core asks the leader of its term.
      return receiver.role !== "leader" || letter.term !== receiver.term;
    case "readIndexResponse":
      // To one that stands since: the oracle passes over it. It was proven in that term, so the core takes it.
      return receiver.role !== "follower";
    default:
      return false;
  }
}

function isMember(members: Picture["members"], id: string): boolean {
  return hasVote(members, id) || members.learners.includes(id);
}

/** Whether a node has a vote in a membership, in either half. */
function hasVote({ voters, votersOutgoing }: Picture["members"], id: string): boolean {
  return voters.includes(id) || votersOutgoing.includes(id);
}

/**
 * Whether only one of them may stand: it is left out by its latest membership, and stands until it knows that this is
 * committed; that the oracle knows sooner.
 */
export function standsForOne(core: Picture, oracle: Picture): boolean {
  return core.commit !== oracle.commit && !hasVote(core.members, core.id);
}

/**
 * A question for an index that comes twice: as long as the first waits, the oracle answers both with the index of the
 * first, by its name. To the core each is a question of its own, with the index of its time (etcd-io/raft 397).
 */
export function comesOnce(letter: Letter): boolean {
  return letter.type === "readIndex";
}

/**
 * Who has not answered a question in advance is asked again a heartbeat's time later. The oracle asks once an election
 * timeout, which never ends here: without this, who was removed and does not know it would ask for ever in vain, and
 * in the core hear of the present term.
 */
export function askAgain(raft: OracleRaft): void {
  if (raft.state !== StateType.StatePreCandidate || !raft.promotable()) return;
  const { prs, raftLog } = raft;
  for (const to of prs.config.voters.ids().keys()) {
    if (prs.votes.has(to)) continue;
    const question = { to, term: raft.term + 1, index: raftLog.lastIndex(), logTerm: raftLog.lastTerm() };
    raft.send(new pb.Message({ ...question, type: pb.MessageType.MsgPreVote }));
  }
}

/**
 * A new leader has been elected by a quorum: the core gives it a whole period before it asks whether that quorum
 * still answers. The oracle asks at the end of the first one.
 */
export function grantFirstPeriod(raft: OracleRaft): void {
  raft.prs.visit((_, progress) => {
    progress.recentActive = true;
  });
}

/**
 * Changes of the membership wait for the first commit of the term (a flaw of the one-at-a-time changes, Ongaro on
 * raft-dev 2015). The oracle takes one before when all that the leader has is applied.
 */
export function refusesBeforeFirstCommit(raft: OracleRaft): boolean {
  return !raft.committedEntryInCurrentTerm();
}

/**
 * A leader without a vote, once that is committed, hands over to the voter that holds most, and steps down (4.2.2).
 * The oracle would lead on.
 */
export function leaveOffice(raft: OracleRaft): void {
  const matchOf = (id: string): number => raft.prs.progress.get(id)!.match;
  const [heir] = [...raft.prs.confState().voters].sort((left, right) => matchOf(right) - matchOf(left));
  if (heir !== undefined) raft.sendTimeoutNow(heir);
  raft.becomeFollower(raft.term, "");
}

/**
 * A snapshot of a time when its receiver was no member: a leader may send it, as the membership counts from its place
 * in the log on. The oracle takes only one that names it, so it is told that it learns, and then the truth.
 */
export function takeUnnamed(
  node: OracleNodeCore,
  message: OracleMessage,
  restored: (snapshot: OracleSnapshot) => void,
): void {
  const { raft } = node;
  const { metadata } = message.snapshot;
  const truth = metadata.confState;
  const { voters, votersOutgoing, learners } = truth;
  if (![...voters, ...votersOutgoing, ...learners].includes(raft.id))
    metadata.confState = new pb.ConfState({ ...truth, learners: [...learners, raft.id] });
  node.step(message);
  metadata.confState = truth;
  if (raft.raftLog.unstable.snapshot?.metadata === metadata) restored(message.snapshot);
}

/**
 * A single voter answers reads without asking anybody. So would the oracle's leader when that voter is another node:
 * with a membership that counts from its place in the log on, it may have been replaced.
 */
export function answerWhoDoesNotCount(raft: OracleRaft): void {
  const { prs } = raft;
  const isSingleton = Object.getPrototypeOf(prs).isSingleton as () => boolean;
  prs.isSingleton = () => isSingleton.call(prs) && prs.config.voters.ids().has(raft.id);
}

/**
 * Who answers a round of heartbeats has answered the earlier ones. The oracle counts the answers to each read apart;
 * here, those to a later one count for those before it, too. And it looks at a read only when an answer to it comes;
 * the core looks at all when a member left whose answer was waited for, and when nobody needs to be asked.
 */
export function proveReads(raft: OracleRaft): void {
  const { readIndexQueue, pendingReadIndex } = raft.readOnly;
  const acks = new Map<string, boolean>();
  for (const name of readIndexQueue.toReversed() as string[]) {
    const waiting = pendingReadIndex.get(name)!;
    for (const id of waiting.acks.keys()) acks.set(id, true);
    if (raft.prs.config.voters.voteResult(acks) !== VoteResult.VoteWon) continue;
    for (const { req, index } of raft.readOnly.advance(new pb.Message({ context: name }))) {
      const response = raft.responseToReadIndexReq(req, index);
      if (response.to !== "") raft.send(response);
    }
    return;
  }
}

/** Reads that waited for the first commit of a term are forgotten with it. The oracle answers them in a later one. */
export function forgetWaitingReads(raft: OracleRaft): void {
  raft.pendingReadIndexMessages = [];
}
