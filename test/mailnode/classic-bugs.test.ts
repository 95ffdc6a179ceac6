/**
 * Bugs that other implementations of consensus and gossip had, and the test of ours that fails when the bug is planted.
 * A dialogue is one of the documents in raft/transcript/dialogues.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";

/** The bug, where it happened, and "file: test" or the name of a dialogue. */
const BUGS: readonly (readonly [bug: string, seen: string, tests: readonly string[]])[] = [
  [
    "a read before the first commit of the term",
    "etcd 7331, 11483; tikv 9239",
    ["a-read-waits-for-the-first-commit-of-the-term"],
  ],
  [
    "a read by lease during a pause or a transfer",
    "etcd-io/raft 99, 166; sofa-jraft 34",
    ["lease-reads-are-off-unless-asked-for-and-end-with-a-transfer"],
  ],
  [
    "the old index for a repeated read",
    "etcd-io/raft 397",
    [
      "a-repeated-read-has-a-number-and-an-index-of-its-own",
      "raft/shell/pending-reads: are never answered by a question that was asked before them",
    ],
  ],
  [
    "copies of an older term's entry counted",
    "figure 8 of the paper",
    ["an-older-terms-entry-is-not-committed-by-counting-its-copies"],
  ],
  [
    "a commit beyond what the message proved",
    "copycat 265; scylladb 9965",
    [
      "a-follower-commits-only-what-a-message-proved",
      "raft/core/raft: does not commit what a message did not prove, though its own log goes on behind that",
    ],
  ],
  ["a late append cuts off good entries", "akka-raft 66", ["a-late-append-removes-nothing"]],
  ["what was compacted away is a conflict", "openraft 511", ["what-is-compacted-away-counts-as-equal"]],
  [
    "term and vote in two writes",
    "hashicorp/raft 661",
    ["raft/log/classic-bugs: term and vote written in two writes"],
  ],
  [
    "an entry durable before its term",
    "openraft io_ordering",
    ["raft/log/classic-bugs: entry durable before the term that allows it"],
  ],
  [
    "the answer to an append that was overwritten since",
    "etcd's script of the ABA race",
    ["a-disk-that-answers-late-proves-nothing-about-what-was-overwritten"],
  ],
  [
    "stepping down, or a pre-vote, clears the vote",
    "CCF 8094; canonical/raft 196",
    ["stepping-down-within-a-term-keeps-the-vote", "a-leader-that-hears-no-quorum-steps-down"],
  ],
  [
    "a pre-vote changes something, or blocks a transfer",
    "hashicorp/raft 606, 609",
    [
      "pre-vote-changes-nothing-at-the-one-who-is-asked",
      "an-election-the-transfer-asked-for-skips-pre-vote",
      "a-node-that-comes-back-disturbs-nobody",
    ],
  ],
  [
    "a promoted learner refuses to vote",
    "etcd 10998",
    ["a-promoted-learner-votes-before-it-knows-that-it-may"],
  ],
  [
    "a change of members before the first commit, or two at once",
    "copycat 23; raft-dev 2015",
    ["membership-changes-wait-for-the-first-commit-and-for-each-other"],
  ],
  [
    "two nodes cannot become one",
    "etcd 12359",
    ["two-nodes-become-one", "a-node-that-its-own-log-leaves-out-still-stands-for-election"],
  ],
  [
    "a joint membership ignored after a restart, or by reads",
    "openraft 6c0ccaf3, d60f1e85",
    ["a-joint-configuration-survives-a-restart", "a-read-in-a-joint-configuration-needs-both-halves"],
  ],
  [
    "an overwritten membership stays in force",
    "hashicorp/raft membership.md",
    ["a-membership-that-was-overwritten-is-taken-back"],
  ],
  [
    "snapshot and log in the wrong order, a hole, a conflicting tail, two at once, no end of them",
    "etcd 12691, 18055; openraft 559; hashicorp/raft 697",
    [
      "raft/log/classic-bugs: hole between snapshot and log",
      "raft/log/classic-bugs: two snapshots at once",
      "a-snapshot-replaces-a-conflicting-log-whole",
      "a-second-snapshot-while-the-first-is-under-way",
      "raft/shell/driver-snapshots: are not offered again and again in no time to a member whose connection is gone",
    ],
  ],
  [
    "an answer before the sync",
    "etcd 14370; NATS 2.12.1",
    [
      "raft/log/classic-bugs: reply before fsync (etcd 14370)",
      "raft/log/classic-bugs: reply before fsync (Jepsen on NATS 2.12.1)",
    ],
  ],
  [
    "a directory not synced, records reordered, a torn tail",
    "etcd 6368, 6378, 14098",
    [
      "raft/log/classic-bugs: directory not fsynced",
      "raft/log/classic-bugs: records reordered inside one fsync",
      "raft/log/classic-bugs: torn tail taken for corruption",
    ],
  ],
  ["a failed sync tried again", "PostgreSQL 2018", ["raft/log/classic-bugs: fsync error retried"]],
  [
    "a quorum of unsorted indexes",
    "openraft 1802",
    ["raft/quorum/majority: holds the highest index that more than half hold, in whatever order"],
  ],
  [
    "a member that comes back under its old id",
    "etcd 21178, 17814",
    [
      "a-node-that-is-added-again-starts-from-nothing",
      "node/member-changes: come back after the loss of a disk as somebody else",
      "raft/shell/tls-transport: refuses another cluster, another member, an unknown one",
    ],
  ],
  [
    "a transfer while writes flow",
    "hashicorp/raft 581; redpanda 2606",
    ["leadership-is-given-away-while-writes-flow", "a-transfer-that-comes-to-nothing-ends-with-a-time-out"],
  ],
  [
    "a time-out taken for a failure",
    "Jepsen on Redis-Raft",
    ["raft/shell/driver: says that nobody knows what became of a command when its leader is cut off"],
  ],
  [
    "a lock without fencing",
    "Jepsen on etcd 3.4.3",
    ["state/machine: have one holder, and a token that grows with each one (a lock without fencing)"],
  ],
  [
    "stale news, incarnations and timers of gossip",
    "memberlist 311, 345, 359; al8n/memberlist 197; daos 18635",
    [
      "membership/core/known-bugs: a stale alive does not revive a dead member",
      "membership/core/known-bugs: after all restart at once with nothing kept",
      "membership/core/known-bugs: an incarnation at its end does not wrap",
      "membership/core/known-bugs: a suspicion is against an incarnation",
    ],
  ],
  [
    "gossip decides who votes",
    "a trap of many designs",
    ["node/member-changes: are not taken in by themselves: a node that was no founder waits"],
  ],
];

function isThere(test: string): boolean {
  const colon = test.indexOf(": ");
  if (colon === -1) {
    return existsSync(new URL(`./raft/transcript/dialogues/${test}.txt`, import.meta.url));
  }
  const file = readFileSync(new URL(`./${test.slice(0, colon)}.test.ts`, import.meta.url), "utf8");
  return file.includes(`"${test.slice(colon + 2)}`);
}

describe("bugs that others had", () => {
  it("are twenty-eight", () => {
    expect(BUGS).toHaveLength(28);
  });

  it.each(BUGS)("%s (%s): there is a test", (_bug, _seen, tests) => {
    expect(tests.filter((test) => !isThere(test))).toEqual([]);
  });
});
