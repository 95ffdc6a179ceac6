import fc from "fast-check";
import type { Message } from "../../../src/mailnode/raft/core/messages.ts";
import type {
  Entry,
  HardState,
  LogId,
  Membership,
  SnapshotMeta,
} from "../../../src/mailnode/raft/core/types.ts";

/* What the nouns and messages of Raft may be, for property tests. Numbers reach up to 2^53 - 1. */

export const anyNode = fc.stringMatching(/^[0-9a-f]{16}$/);

export const anyLogId: fc.Arbitrary<LogId> = fc.record({ term: fc.maxSafeNat(), index: fc.maxSafeNat() });

const anyData = fc.uint8Array({ maxLength: 40 });
const anyKind = fc.constantFrom("noop" as const, "data" as const, "config" as const);

export const anyEntry: fc.Arbitrary<Entry> = fc.record({
  term: fc.maxSafeNat(),
  index: fc.maxSafeNat(),
  kind: anyKind,
  data: anyData,
});

export const anyHardState: fc.Arbitrary<HardState> = fc.record({
  term: fc.maxSafeNat(),
  vote: fc.option(anyNode, { nil: undefined }),
  commit: fc.maxSafeNat(),
});

const anyNodes = fc.array(anyNode, { maxLength: 5 });

export const anyMembership: fc.Arbitrary<Membership> = fc.record({
  voters: anyNodes,
  votersOutgoing: anyNodes,
  learners: anyNodes,
  learnersNext: anyNodes,
  witnesses: anyNodes,
  autoLeave: fc.boolean(),
});

export const anySnapshot: fc.Arbitrary<SnapshotMeta> = fc.record({
  term: fc.maxSafeNat(),
  index: fc.maxSafeNat(),
  membership: anyMembership,
});

const number = fc.maxSafeNat();
const envelope = { from: anyNode, to: anyNode, term: number };
const of = <T extends Message["type"]>(type: T) => ({ type: fc.constant(type), ...envelope });
const last = { lastIndex: number, lastTerm: number };

const anyAppend = fc
  .record({
    ...of("append"),
    prevIndex: fc.nat(2 ** 40),
    prevTerm: number,
    commit: number,
    entries: fc.array(anyEntry, { maxLength: 6 }),
  })
  .map((append) => ({
    ...append,
    entries: append.entries.map((entry, place) => ({ ...entry, index: append.prevIndex + 1 + place })),
  }));

/** One arbitrary for each type, so that a new type of message does not compile before it is tested. */
const BY_TYPE: { readonly [T in Message["type"]]: fc.Arbitrary<Extract<Message, { readonly type: T }>> } = {
  preVote: fc.record({ ...of("preVote"), ...last }),
  preVoteResponse: fc.record({ ...of("preVoteResponse"), granted: fc.boolean() }),
  vote: fc.record({ ...of("vote"), ...last, transfer: fc.boolean() }),
  voteResponse: fc.record({ ...of("voteResponse"), granted: fc.boolean() }),
  append: anyAppend,
  appendResponse: fc.record({
    ...of("appendResponse"),
    rejected: fc.boolean(),
    index: number,
    hintIndex: number,
    hintTerm: number,
  }),
  heartbeat: fc.record({ ...of("heartbeat"), commit: number, round: number }),
  heartbeatResponse: fc.record({ ...of("heartbeatResponse"), round: number }),
  snapshot: fc.record({ ...of("snapshot"), snapshot: anySnapshot }),
  timeoutNow: fc.record(of("timeoutNow")),
  readIndex: fc.record({ ...of("readIndex"), request: number }),
  readIndexResponse: fc.record({ ...of("readIndexResponse"), request: number, index: number }),
};

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...Object.values(BY_TYPE));
