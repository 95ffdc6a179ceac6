import { describe, expect, it } from "@jest/globals";
import { checkOptions, DEFAULT_OPTIONS } from "../../../../src/mailnode/raft/core/options.ts";
import type { RaftOptions } from "../../../../src/mailnode/raft/core/options.ts";

const options = (changed: Partial<RaftOptions> = {}): RaftOptions => {
  return { ...DEFAULT_OPTIONS, id: "a", random: () => 0, ...changed };
};

describe("a core's options", () => {
  it("have defaults that hold together", () => {
    expect(() => checkOptions(options())).not.toThrow();
  });

  it.each([
    [{ heartbeatTicks: 0 }, "heartbeatTicks is 0"],
    [{ maxInflightMessages: 1.5 }, "maxInflightMessages is 1.5"],
    [{ maxUncommittedBytes: NaN }, "maxUncommittedBytes is NaN"],
    [{ electionTicks: 1 }, "above heartbeatTicks"],
    [{ electionRank: -1 }, "electionRank is -1"],
    [{ leaseReads: true, checkQuorum: false }, "leaseReads without checkQuorum"],
  ])("%o is refused", (changed, message) => {
    expect(() => checkOptions(options(changed))).toThrow(message);
  });
});
