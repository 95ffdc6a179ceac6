import { describe, expect, it } from "@jest/globals";
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import { Tracker } from "../../../../src/mailnode/raft/tracker/tracker.ts";

const WINDOW = { maxInflightMessages: 2, maxInflightBytes: 100 };
const THREE = { ...NOBODY, voters: ["a", "b", "c"], learners: ["d"], witnesses: ["c"] };

function tracker(): Tracker {
  const made = new Tracker("a", WINDOW);
  made.reset(THREE, 0);
  return made;
}

describe("all members as a leader sees them", () => {
  it("are everybody but itself, with the witnesses marked", () => {
    const peers = tracker().peers.map(({ id, isWitness }) => `${id}${isWitness ? " witness" : ""}`);
    expect(peers).toEqual(["b", "c witness", "d"]);
  });

  it("commit what a majority of the voters holds; learners do not count, and do hold", () => {
    const members = tracker();
    members.of("a")!.maybeUpdate(5);
    members.of("d")!.maybeUpdate(9);
    expect(members.committedIndex()).toBe(0);
    members.of("c")!.maybeUpdate(3);
    expect([members.committedIndex(), members.holders(3), members.holders(5), members.holders(9)]).toEqual([
      3, 3, 2, 1,
    ]);
  });

  it("keep what is known of who stays, and know nothing of who left and came back", () => {
    const members = tracker();
    members.of("b")!.maybeUpdate(5);
    members.of("c")!.maybeUpdate(5);
    members.reconfigure({ ...NOBODY, voters: ["a", "b"] }, 7);
    expect(members.of("c")).toBeUndefined();
    members.reconfigure(THREE, 8);
    expect([members.of("b")!.match, members.of("c")!.match, members.of("c")!.next]).toEqual([5, 0, 9]);
  });

  it("prove a round of heartbeats when a quorum answered it, the leader's own answer included", () => {
    const members = tracker();
    members.of("d")!.ackedRound = 4;
    expect(members.confirmedRound(4)).toBe(0);
    members.of("b")!.ackedRound = 3;
    expect(members.confirmedRound(4)).toBe(3);
  });

  it("are a quorum when enough answered since the last look; new ones are given one look", () => {
    const members = tracker();
    expect(members.takeQuorumActive()).toBe(true);
    expect(members.takeQuorumActive()).toBe(false);
    members.of("d")!.recentActive = true;
    expect(members.takeQuorumActive()).toBe(false);
    members.of("b")!.recentActive = true;
    expect(members.takeQuorumActive()).toBe(true);
  });

  it("count the first vote of each, and forget them with the next campaign", () => {
    const members = tracker();
    members.recordVote("a", true);
    members.recordVote("b", false);
    members.recordVote("b", true);
    expect(members.voteResult()).toBe("pending");
    members.recordVote("d", true);
    expect(members.voteResult()).toBe("pending");
    members.recordVote("c", true);
    expect(members.voteResult()).toBe("won");
    members.clearVotes();
    expect(members.voteResult()).toBe("pending");
  });
});
