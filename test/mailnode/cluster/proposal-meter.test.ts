import { describe, expect, it } from "@jest/globals";
import { LevelNotMet, NotProposed, OutcomeUnknown } from "../../../src/mailnode/cluster/consensus.ts";
import { ProposalMeter } from "../../../src/mailnode/cluster/proposal-meter.ts";

describe("the meter of proposals", () => {
  it("counts by outcome and times what was accepted", async () => {
    let now = 0;
    const meter = new ProposalMeter({ monotonic: () => now });
    const { promise, resolve } = Promise.withResolvers<string>();
    meter.measure(promise);
    now = 20;
    resolve("yes");
    await promise;
    const accepted = { index: 1, term: 1, replicas: 2, committed: true };
    const errors = [new NotProposed("stopped"), new OutcomeUnknown("x"), new LevelNotMet(accepted, "all")];
    for (const error of errors) {
      const proposal = Promise.reject(error);
      meter.measure(proposal);
      await expect(proposal).rejects.toBe(error);
    }
    const { outcomes, latency } = meter.figures();
    expect(outcomes).toEqual({ accepted: 1, "not-proposed": 1, unknown: 1, "level-not-met": 1 });
    expect([latency.count, latency.sum]).toEqual([1, 0.02]);
  });
});
