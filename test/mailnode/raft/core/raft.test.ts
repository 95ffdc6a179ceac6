import { describe, expect, it } from "@jest/globals";
import { formatMessage } from "../../../../src/mailnode/raft/core/format.ts";
import { InvariantViolation } from "../../../../src/mailnode/raft/core/invariant.ts";
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import type { Message } from "../../../../src/mailnode/raft/core/messages.ts";
import { DEFAULT_OPTIONS } from "../../../../src/mailnode/raft/core/options.ts";
import type { RaftOptions } from "../../../../src/mailnode/raft/core/options.ts";
import { Raft } from "../../../../src/mailnode/raft/core/raft.ts";
import type { Entry } from "../../../../src/mailnode/raft/core/types.ts";

const THREE = { ...NOBODY, voters: ["n1", "n2", "n3"] };

function coreOf(term: number, entries: readonly Entry[] = [], options: Partial<RaftOptions> = {}): Raft {
  return new Raft(
    { ...DEFAULT_OPTIONS, id: "n1", random: () => 0.5, ...options },
    {
      hardState: { term, vote: undefined, commit: 0 },
      snapshot: { term: 0, index: 0, membership: THREE },
      entries,
      applied: 0,
    },
  );
}

/** Persists at once; everything that was sent, as text. */
function sent(core: Raft): string[] {
  const lines: string[] = [];
  for (let ready = core.ready(); ready !== undefined; ready = core.ready()) {
    if (ready.batch !== undefined) core.persisted(ready.batch.token);
    lines.push(...[...ready.messages, ...ready.messagesAfterPersist].map(formatMessage));
    const last = ready.committed.at(-1);
    if (last !== undefined) core.applied(last.index);
  }
  return lines;
}

/** n1 leads, with the vote of n2. */
function leader(options: Partial<RaftOptions> = {}): Raft {
  const core = coreOf(0, [], { preVote: false, ...options });
  core.campaign();
  sent(core);
  core.step({ type: "voteResponse", from: "n2", to: "n1", term: 1, granted: true });
  sent(core);
  return core;
}

const accepted = (from: string, index: number): Message => {
  return {
    type: "appendResponse",
    from,
    to: "n1",
    term: 1,
    rejected: false,
    index,
    hintIndex: 0,
    hintTerm: 0,
  };
};

/** How many ticks of silence a core bears before it asks for votes. */
function patienceOf(core: Raft): number {
  for (let ticks = 1; ; ticks++) {
    core.tick();
    if (sent(core).some((line) => line.includes(" preVote "))) return ticks;
  }
}

describe("a witness among five", () => {
  it("gets an entry when it completes a quorum, not while the leader's disk alone has it: then two deaths would end all elections", () => {
    const voters = ["n1", "n2", "n3", "n4", "n5"];
    const core = new Raft(
      { ...DEFAULT_OPTIONS, id: "n1", random: () => 0.5, preVote: false },
      {
        hardState: { term: 0, vote: undefined, commit: 0 },
        snapshot: { term: 0, index: 0, membership: { ...NOBODY, voters, witnesses: ["n5"] } },
        entries: [],
        applied: 0,
      },
    );
    core.campaign();
    sent(core);
    for (const from of ["n2", "n3"])
      core.step({ type: "voteResponse", from, to: "n1", term: 1, granted: true });
    const toWitness = (lines: readonly string[]) =>
      lines.filter((line) => /^n1->n5 append .*1\/1/.test(line));
    const first = sent(core);
    expect(first.filter((line) => line.startsWith("n1->n2 append"))).toHaveLength(1);
    expect(toWitness(first)).toEqual([]);
    core.step(accepted("n2", 1));
    expect(core.committed).toBe(0);
    expect(toWitness(sent(core))).toHaveLength(1);
    core.step(accepted("n5", 1));
    expect(core.committed).toBe(1);
  });
});

describe("a leader whose disk takes nothing", () => {
  it("gives way after five election timeouts, though the others answer and commit; a slow one leads on", () => {
    const core = leader();
    const tick = (): void => {
      core.tick();
      for (const from of ["n2", "n3"])
        core.step({ type: "heartbeatResponse", from, to: "n1", term: 1, round: 1 });
    };
    core.propose(new Uint8Array(1));
    const slow = core.ready()!.batch!.token;
    for (let ticks = 0; ticks < 49; ticks++) tick();
    core.persisted(slow);
    core.propose(new Uint8Array(1));
    core.ready();
    for (const from of ["n2", "n3"]) core.step(accepted(from, 3));
    for (let ticks = 0; ticks < 49; ticks++) tick();
    expect([core.role, core.committed]).toEqual(["leader", 3]);
    tick();
    expect(core.role).toBe("follower");
  });
});

describe("a core", () => {
  it("draws its wait anew under each leader: who drew a long one does not have it for ever", () => {
    let drawn = 0.9;
    const core = coreOf(1, [], { random: () => drawn });
    const hear = (from: string, term: number): void =>
      core.step({ type: "heartbeat", from, to: "n1", term, commit: 0, round: 0 });
    hear("n2", 1);
    drawn = 0.1;
    hear("n2", 1);
    expect(patienceOf(core)).toBe(19);
    drawn = 0.9;
    hear("n2", 1);
    drawn = 0.1;
    hear("n3", 2);
    expect(patienceOf(core)).toBe(11);
  });

  it("says nothing and writes nothing while nothing happens", () => {
    expect(coreOf(3).ready()).toBeUndefined();
  });

  it("passes over messages that are not for it, and answers of members that it does not have", () => {
    const core = leader();
    core.step({
      type: "append",
      from: "n2",
      to: "n9",
      term: 9,
      prevIndex: 0,
      prevTerm: 0,
      commit: 0,
      entries: [],
    });
    core.step(accepted("n9", 1));
    core.step({ type: "heartbeatResponse", from: "n9", to: "n1", term: 1, round: 1 });
    expect([core.term, core.committed, core.ready()]).toEqual([1, 0, undefined]);
  });

  it("stops when another claims to lead the term that it leads", () => {
    const core = leader();
    const other: Message = { type: "heartbeat", from: "n2", to: "n1", term: 1, commit: 0, round: 1 };
    expect(() => core.step(other)).toThrow(InvariantViolation);
  });

  it("tells a leader of an earlier term, and a candidate of one, that it is over", () => {
    const core = coreOf(5);
    core.step({ type: "heartbeat", from: "n2", to: "n1", term: 4, commit: 0, round: 1 });
    core.step({
      type: "append",
      from: "n2",
      to: "n1",
      term: 4,
      prevIndex: 0,
      prevTerm: 0,
      commit: 0,
      entries: [],
    });
    core.step({ type: "vote", from: "n3", to: "n1", term: 4, lastIndex: 9, lastTerm: 3, transfer: false });
    core.step({ type: "preVote", from: "n3", to: "n1", term: 4, lastIndex: 9, lastTerm: 3 });
    core.step({ type: "timeoutNow", from: "n2", to: "n1", term: 4 });
    expect(sent(core)).toEqual([
      "n1->n2 appendResponse Term:5 Index:0 Rejected Hint:0/0",
      "n1->n2 appendResponse Term:5 Index:0 Rejected Hint:0/0",
      "n1->n3 voteResponse Term:5 Rejected",
      "n1->n3 preVoteResponse Term:5 Rejected",
    ]);
    expect(core.role).toBe("follower");
  });

  it("does not count a pre-vote that was granted for another term", () => {
    const core = coreOf(5);
    core.campaign();
    sent(core);
    core.step({ type: "preVoteResponse", from: "n2", to: "n1", term: 5, granted: true });
    core.step({ type: "preVoteResponse", from: "n3", to: "n1", term: 7, granted: true });
    expect([core.role, core.term]).toEqual(["preCandidate", 5]);
    core.step({ type: "preVoteResponse", from: "n3", to: "n1", term: 6, granted: true });
    expect([core.role, core.term]).toEqual(["candidate", 6]);
  });

  it("does not commit what a member claims beyond the leader's log", () => {
    const core = leader();
    core.step(accepted("n2", 50));
    expect(core.committed).toBe(0);
    core.step(accepted("n2", 1));
    expect(core.committed).toBe(1);
  });

  it("does not commit what a message did not prove, though its own log goes on behind that", () => {
    // The third entry is of a leader of term 2 that is gone; today's log has another one there.
    const data = new Uint8Array();
    const entry = (term: number, index: number): Entry => ({ term, index, kind: "data", data });
    const core = coreOf(3, [entry(1, 1), entry(2, 2), entry(2, 3)]);
    const append = {
      type: "append",
      from: "n2",
      to: "n1",
      term: 3,
      prevIndex: 1,
      prevTerm: 1,
      commit: 3,
    } as const;
    core.step({ ...append, entries: [entry(2, 2)] });
    expect([core.committed, core.status().last.index]).toEqual([2, 3]);
    core.step({ ...append, prevIndex: 2, prevTerm: 2, entries: [entry(3, 3)] });
    expect([core.committed, core.status().last]).toEqual([3, { term: 3, index: 3 }]);
  });

  it("does not follow a heartbeat's commit index beyond its own log", () => {
    const core = coreOf(1);
    core.step({ type: "heartbeat", from: "n2", to: "n1", term: 1, commit: 7, round: 1 });
    expect(core.committed).toBe(0);
  });

  it("takes a snapshot of an earlier term, as it was committed, and tells today's leader", () => {
    const core = coreOf(5);
    core.step({ type: "heartbeat", from: "n3", to: "n1", term: 5, commit: 0, round: 1 });
    sent(core);
    const snapshot = { term: 4, index: 20, membership: THREE };
    core.step({ type: "snapshot", from: "n2", to: "n1", term: 4, snapshot });
    expect(sent(core)).toEqual(["n1->n3 appendResponse Term:5 Index:20"]);
    expect([core.term, core.committed, core.status().first]).toEqual([5, 20, 21]);
  });

  it("does not stand for election with a snapshot that is not yet durable", () => {
    const core = coreOf(5);
    core.step({
      type: "snapshot",
      from: "n2",
      to: "n1",
      term: 5,
      snapshot: { term: 4, index: 20, membership: THREE },
    });
    const ready = core.ready()!;
    core.campaign();
    core.step({ type: "timeoutNow", from: "n2", to: "n1", term: 5 });
    expect(core.role).toBe("follower");
    core.persisted(ready.batch!.token);
    core.campaign();
    expect(core.role).toBe("preCandidate");
  });

  it("drops what it wanted to promise in a term that is over", () => {
    const core = coreOf(1);
    const entries: Entry[] = [{ term: 1, index: 1, kind: "noop", data: new Uint8Array() }];
    core.step({
      type: "append",
      from: "n2",
      to: "n1",
      term: 1,
      prevIndex: 0,
      prevTerm: 0,
      commit: 0,
      entries,
    });
    core.step({ type: "heartbeat", from: "n3", to: "n1", term: 2, commit: 0, round: 1 });
    expect(sent(core)).toEqual(["n1->n3 heartbeatResponse Term:2 Round:1"]);
  });

  it("numbers its requests from chance, so that an answer to its last life matches none of this one", () => {
    const one = leader({ random: () => 0.25 }).readIndex();
    const other = leader({ random: () => 0.75 }).readIndex();
    expect(one).toEqual({ request: 2 ** 50 });
    expect(other).toEqual({ request: 3 * 2 ** 50 });
  });

  it("refuses reads when too many wait", () => {
    const core = leader({ maxPendingReads: 1 });
    expect(core.readIndex()).toHaveProperty("request");
    expect(core.readIndex()).toEqual({ refused: "too-many-reads" });
  });

  it("tells how many members hold an entry durably, while it leads", () => {
    const core = leader();
    core.step(accepted("n2", 1));
    expect([core.holders(1), core.holders(2)]).toEqual([2, 0]);
    expect(coreOf(1).holders(0)).toBe(0);
  });

  it("names no snapshot of what is not applied or is gone", () => {
    const core = leader();
    expect(() => core.snapshotMeta(1)).toThrow(InvariantViolation);
    core.step(accepted("n2", 1));
    sent(core);
    const meta = core.snapshotMeta(1);
    expect(meta).toEqual({ term: 1, index: 1, membership: THREE });
    core.snapshotTaken(meta);
    core.compact(1);
    expect(() => core.snapshotMeta(0)).toThrow(InvariantViolation);
  });

  it("a hard state never names a commit index that a torn write of its own batch could lose", () => {
    const core = coreOf(1);
    const entries: Entry[] = [{ term: 1, index: 1, kind: "noop", data: new Uint8Array() }];
    core.step({
      type: "append",
      from: "n2",
      to: "n1",
      term: 1,
      prevIndex: 0,
      prevTerm: 0,
      commit: 1,
      entries,
    });
    const { batch } = core.ready()!;
    expect(core.committed).toBe(1);
    expect(batch!.hardState).toBeUndefined();
  });
});
