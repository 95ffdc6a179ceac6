import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ProbeOrder } from "../../../../src/mailnode/membership/core/probe-order.ts";
import { seeded } from "../../fixtures/random.ts";

const everybody = (): boolean => true;

describe("the order of probes", () => {
  it("comes to each member at the latest after 2n - 1 periods, in an order of its own in every round", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), (n, seed) => {
        const order = new ProbeOrder(seeded(seed));
        for (let i = 0; i < n; i++) order.add(`m${i}`);
        const last = new Map<string, number>();
        for (let period = 1; period <= 10 * n; period++) {
          const member = order.next(everybody)!;
          if (last.has(member)) expect(period - last.get(member)!).toBeLessThanOrEqual(2 * n - 1);
          last.set(member, period);
        }
        expect(last.size).toBe(n);
      }),
    );
  });

  it("passes over those that may not be probed, and ends when none may", () => {
    const order = new ProbeOrder(seeded(1));
    for (const id of ["a", "b", "c"]) order.add(id);
    expect([1, 2, 3, 4].map(() => order.next((id) => id === "b"))).toEqual(["b", "b", "b", "b"]);
    expect(order.next(() => false)).toBeUndefined();
    expect(new ProbeOrder(seeded(1)).next(everybody)).toBeUndefined();
  });

  it("forgets those that were taken out, and takes one out of turn", () => {
    const order = new ProbeOrder(seeded(1));
    for (const id of ["a", "b", "c", "d"]) order.add(id);
    order.remove("b");
    expect([1, 2, 3].map(() => order.next(everybody)).sort()).toEqual(["a", "c", "d"]);
    for (const id of ["a", "c", "d"]) {
      order.hasten(id);
      expect(order.next(everybody)).toBe(id);
    }
  });
});
