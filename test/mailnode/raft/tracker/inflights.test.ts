import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Inflights } from "../../../../src/mailnode/raft/tracker/inflights.ts";

describe("the appends under way", () => {
  it("are bounded in number and in bytes", () => {
    const byCount = new Inflights(2, 1000);
    byCount.add(1, 10);
    expect(byCount.full).toBe(false);
    byCount.add(2, 10);
    expect(byCount.full).toBe(true);
    const byBytes = new Inflights(100, 15);
    byBytes.add(1, 10);
    byBytes.add(2, 10);
    expect([byBytes.full, byBytes.bytes]).toEqual([true, 20]);
    expect(() => byBytes.add(3, 1)).toThrow(RangeError);
  });

  it("behave like a list that an answer shortens from its beginning", () => {
    const steps = fc.array(fc.oneof(fc.constant("add" as const), fc.integer({ min: 0, max: 60 })), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), steps, (max, script) => {
        const inflights = new Inflights(max, Infinity);
        let model: number[] = [];
        let next = 1;
        for (const step of script) {
          if (step === "add") {
            if (inflights.full) continue;
            inflights.add(next, next);
            model.push(next++);
          } else {
            inflights.freeTo(step);
            model = model.filter((index) => index > step);
          }
          expect(inflights.count).toBe(model.length);
          expect(inflights.bytes).toBe(model.reduce((sum, bytes) => sum + bytes, 0));
          expect(inflights.full).toBe(model.length >= max);
        }
        inflights.reset();
        expect([inflights.count, inflights.bytes, inflights.full]).toEqual([0, 0, false]);
      }),
    );
  });
});
