import { describe, expect, it } from "@jest/globals";
import { JointConfig } from "../../../../src/mailnode/raft/quorum/joint.ts";
import { majorityCommitted, majorityVote } from "../../../../src/mailnode/raft/quorum/majority.ts";
import { casesOf } from "../harness/datadriven.ts";
import type { Case } from "../harness/datadriven.ts";

const RESULTS = { won: "VoteWon", lost: "VoteLost", pending: "VotePending" } as const;

/** The values in the order of the voters of both halves, each voter once; "_" is nothing known. */
function byVoter(voters: readonly string[], values: readonly string[]): ReadonlyMap<string, string> {
  const ids = [...new Set(voters)];
  return new Map(ids.map((id, place) => [id, values[place]!] as const).filter(([, value]) => value !== "_"));
}

function play({ command, args }: Case): string {
  const incoming = [...new Set(args.get("cfg") ?? [])];
  const second = args.get("cfgj");
  const outgoing = [...new Set((second ?? []).filter((id) => id !== "zero"))];
  const joint = new JointConfig(incoming, outgoing);
  const known = byVoter([...incoming, ...outgoing], args.get(command === "vote" ? "votes" : "idx") ?? []);
  if (command === "vote") {
    const voteOf = (id: string): boolean | undefined => (known.has(id) ? known.get(id) === "y" : undefined);
    const result = joint.voteResult(voteOf);
    expect(new JointConfig(outgoing, incoming).voteResult(voteOf)).toBe(result);
    if (second === undefined) expect(majorityVote(incoming, voteOf)).toBe(result);
    return RESULTS[result];
  }
  const acked = (id: string): number | undefined => (known.has(id) ? Number(known.get(id)) : undefined);
  const index = joint.committedIndex(acked);
  expect(new JointConfig(outgoing, incoming).committedIndex(acked)).toBe(index);
  if (second === undefined) {
    expect(majorityCommitted(incoming, acked)).toBe(index);
    expect(new JointConfig(incoming, incoming).committedIndex(acked)).toBe(index);
  }
  return index === Infinity ? "∞" : String(index);
}

describe("the quorum test data of etcd's raft", () => {
  const cases = casesOf("quorum");

  it("is read whole", () => {
    expect(cases.length).toBeGreaterThan(100);
  });

  it.each(cases.map((one) => [`${one.file}:${one.line}`, one] as const))(
    "%s comes to the same result",
    (_, one) => {
      // The last line is the result; those before draw the indexes.
      const last = one.expected.split("\n").at(-1)!;
      expect(play(one)).toBe(last.endsWith("∞") ? "∞" : last);
    },
  );
});
