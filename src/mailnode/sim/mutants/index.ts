/** Every planted bug. */
import { ackBeforeSync } from "./ack-before-sync.ts";
import { brokenConnectionTakenAsFailure } from "./broken-connection-taken-as-failure.ts";
import { commitOfOlderTerm } from "./commit-of-older-term.ts";
import { failedSyncTriedAgain } from "./failed-sync-tried-again.ts";
import { heartbeatCommitsBeyondProof } from "./heartbeat-commits-beyond-proof.ts";
import { jointCommitByHalf } from "./joint-commit-by-half.ts";
import { lateAppendTruncates } from "./late-append-truncates.ts";
import { leaderCountsItselfEarly } from "./leader-counts-itself-early.ts";
import { leaseCountedFromTheAnswer } from "./lease-counted-from-the-answer.ts";
import { logNotSynced } from "./log-not-synced.ts";
import { preVoteRaisesTerm } from "./pre-vote-raises-term.ts";
import { quorumOfUnsortedIndexes } from "./quorum-of-unsorted-indexes.ts";
import { readBeforeFirstCommit } from "./read-before-first-commit.ts";
import { requestDoneTwice } from "./request-done-twice.ts";
import { segmentNameNotSynced } from "./segment-name-not-synced.ts";
import { shorterLogIsUpToDate } from "./shorter-log-is-up-to-date.ts";
import { snapshotFileNotSynced } from "./snapshot-file-not-synced.ts";
import { snapshotNameNotSynced } from "./snapshot-name-not-synced.ts";
import { snapshotTriedWithoutPause } from "./snapshot-tried-without-pause.ts";
import { stateTimeRunsOverElections } from "./state-time-runs-over-elections.ts";
import { stepDownClearsVote } from "./step-down-clears-vote.ts";
import { timeoutTakenAsFailure } from "./timeout-taken-as-failure.ts";
import { twoChangesAtOnce } from "./two-changes-at-once.ts";
import { voteBeforeSync } from "./vote-before-sync.ts";
import { voteNotDurable } from "./vote-not-durable.ts";
import { entryChecksumNotChecked } from "./entry-checksum-not-checked.ts";
import { damageTakenForTornTail } from "./damage-taken-for-torn-tail.ts";
import { snapshotChecksumNotChecked } from "./snapshot-checksum-not-checked.ts";
import { gossipRevivesTheDead } from "./gossip-revives-the-dead.ts";
import { incarnationBeginsAnew } from "./incarnation-begins-anew.ts";
import { incarnationNotSynced } from "./incarnation-not-synced.ts";
import { refutationOfTheSameIncarnation } from "./refutation-of-the-same-incarnation.ts";
import type { Mutant } from "./mutant.ts";

export const MUTANTS: readonly Mutant[] = [
  readBeforeFirstCommit,
  commitOfOlderTerm,
  lateAppendTruncates,
  voteNotDurable,
  stepDownClearsVote,
  preVoteRaisesTerm,
  twoChangesAtOnce,
  jointCommitByHalf,
  snapshotFileNotSynced,
  snapshotNameNotSynced,
  voteBeforeSync,
  ackBeforeSync,
  leaderCountsItselfEarly,
  logNotSynced,
  segmentNameNotSynced,
  failedSyncTriedAgain,
  quorumOfUnsortedIndexes,
  timeoutTakenAsFailure,
  brokenConnectionTakenAsFailure,
  requestDoneTwice,
  leaseCountedFromTheAnswer,
  stateTimeRunsOverElections,
  snapshotTriedWithoutPause,
  heartbeatCommitsBeyondProof,
  shorterLogIsUpToDate,
  entryChecksumNotChecked,
  damageTakenForTornTail,
  snapshotChecksumNotChecked,
  gossipRevivesTheDead,
  incarnationBeginsAnew,
  incarnationNotSynced,
  refutationOfTheSameIncarnation,
];
