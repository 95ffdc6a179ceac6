import { describe, expect, it } from "@jest/globals";
import { LocalBudget } from "../../../src/mailnode/cluster/local-budget.ts";

const share = (grant: number, amount: number, deadline: number) => ({
  grant,
  amount,
  left: amount,
  deadline,
});

describe("the budget in hand", () => {
  it("is used up to its amount and before its end, what ends first before the rest", () => {
    const budget = new LocalBudget(false);
    budget.add(share(2, 2, 200));
    budget.add(share(1, 1, 100));
    expect(budget.take(1, 50)).toBe(true);
    expect(budget.inHand(50)).toBe(2);
    expect(budget.removeEnded(100)).toMatchObject([{ grant: 1, left: 0 }]);
    expect(budget.take(2, 199)).toBe(true);
    expect(budget.take(1, 199)).toBe(false);
    budget.add(share(3, 5, 300));
    expect(budget.take(1, 300)).toBe(false);
    expect(budget.inHand(300)).toBe(0);
  });

  it("does not put a cost together from two grants", () => {
    const budget = new LocalBudget(false);
    budget.add(share(1, 2, 100));
    budget.add(share(2, 2, 100));
    expect(budget.take(3, 0)).toBe(false);
    expect(budget.inHand(0)).toBe(4);
  });

  it("leaves evenly over the time of its share when it is paced", () => {
    const budget = new LocalBudget(true);
    budget.add(share(1, 10, 100));
    const leftAt = [];
    for (let now = 0; now < 100; now++) if (budget.take(1, now)) leftAt.push(now);
    expect(leftAt).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    const other = new LocalBudget(true);
    other.add(share(1, 4, 100));
    other.take(1, 0);
    expect(other.heldUpMs(5)).toBe(20);
    expect(other.removeAll()).toMatchObject([{ grant: 1, left: 3 }]);
    expect(other.take(1, 30)).toBe(false);
  });
});
