import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Limiter } from "../../src/support/limiter.ts";

describe("a limiter", () => {
  it("runs all tasks in the order of their coming, never more than its limit at a time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 12 }),
        async (s, limit, count) => {
          const limiter = new Limiter(limit);
          const started: number[] = [];
          let running = 0;
          let most = 0;
          const tasks = Array.from({ length: count }, (_, index) =>
            limiter.run(async () => {
              started.push(index);
              most = Math.max(most, ++running);
              await s.schedule(Promise.resolve());
              running--;
              if (index % 3 === 0) throw new Error("some fail");
            }),
          );
          const settled = Promise.allSettled(tasks);
          await s.waitFor(settled);
          expect(started).toEqual(Array.from({ length: count }, (_, index) => index));
          expect(most).toBe(Math.min(limit, count));
        },
      ),
    );
  });

  it("refuses a limit that lets nothing run", () => {
    expect(() => new Limiter(0)).toThrow(RangeError);
  });
});
