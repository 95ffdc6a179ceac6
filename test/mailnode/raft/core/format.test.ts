import { describe, expect, it } from "@jest/globals";
import { formatEntry, formatMembership, formatMessage } from "../../../../src/mailnode/raft/core/format.ts";
import { encodeMembership, NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import type { Message } from "../../../../src/mailnode/raft/core/messages.ts";

const head = { from: "n1", to: "n2", term: 3 } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const joint = {
  ...NOBODY,
  voters: ["a", "b"],
  votersOutgoing: ["b", "c"],
  learners: ["d"],
  learnersNext: ["c"],
  witnesses: ["b"],
  autoLeave: true,
};

describe("Raft as text", () => {
  it.each<readonly [Message, string]>([
    [{ ...head, type: "preVote", lastIndex: 4, lastTerm: 2 }, "preVote Term:3 Log:2/4"],
    [{ ...head, type: "preVoteResponse", granted: true }, "preVoteResponse Term:3 Granted"],
    [{ ...head, type: "vote", lastIndex: 4, lastTerm: 2, transfer: true }, "vote Term:3 Log:2/4 Transfer"],
    [{ ...head, type: "voteResponse", granted: false }, "voteResponse Term:3 Rejected"],
    [
      {
        ...head,
        type: "append",
        prevIndex: 4,
        prevTerm: 2,
        commit: 3,
        entries: [
          { term: 3, index: 5, kind: "noop", data: bytes("") },
          { term: 3, index: 6, kind: "data", data: bytes("x") },
        ],
      },
      'append Term:3 Log:2/4 Commit:3 Entries:[3/5 noop, 3/6 data "x"]',
    ],
    [
      { ...head, type: "appendResponse", rejected: true, index: 4, hintIndex: 2, hintTerm: 1 },
      "appendResponse Term:3 Index:4 Rejected Hint:1/2",
    ],
    [{ ...head, type: "heartbeat", commit: 2, round: 7 }, "heartbeat Term:3 Commit:2 Round:7"],
    [{ ...head, type: "heartbeatResponse", round: 7 }, "heartbeatResponse Term:3 Round:7"],
    [
      {
        ...head,
        type: "snapshot",
        snapshot: { term: 2, index: 9, membership: { ...NOBODY, voters: ["a"] } },
      },
      "snapshot Term:3 Snapshot:2/9 voters=(a)",
    ],
    [{ ...head, type: "timeoutNow" }, "timeoutNow Term:3"],
    [{ ...head, type: "readIndex", request: 5 }, "readIndex Term:3 Request:5"],
    [
      { ...head, type: "readIndexResponse", request: 5, index: 8 },
      "readIndexResponse Term:3 Request:5 Index:8",
    ],
  ])("a message is one line: %#", (message, line) => {
    expect(formatMessage(message)).toBe(`n1->n2 ${line}`);
  });

  it("shows both halves of a joint configuration, and who is what", () => {
    const line = "voters=(a b)&&(b c) learners=(d) learners_next=(c) witnesses=(b) autoleave";
    expect(formatMembership(joint)).toBe(line);
    expect(formatEntry({ term: 1, index: 2, kind: "config", data: encodeMembership(joint) })).toBe(
      `1/2 config ${line}`,
    );
  });

  it("shows plain text, and counts anything else", () => {
    const entry = { term: 1, index: 2, kind: "data" } as const;
    expect(formatEntry({ ...entry, data: bytes("a\nb") })).toBe("1/2 data <3 bytes>");
    expect(formatEntry({ ...entry, data: bytes("x".repeat(41)) })).toBe("1/2 data <41 bytes>");
  });
});
