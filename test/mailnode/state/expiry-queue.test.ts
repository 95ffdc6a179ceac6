import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ExpiryQueue } from "../../../src/mailnode/state/expiry-queue.ts";

describe("the queue of ends", () => {
  it("gives what has ended in order of time and then of name, and nothing else", () => {
    const item = fc.record({ at: fc.nat(20), key: fc.string({ maxLength: 2 }) });
    fc.assert(
      fc.property(fc.array(item), fc.nat(20), (items, now) => {
        const queue = new ExpiryQueue();
        for (const { at, key } of items) queue.add(at, key);
        const taken = [];
        for (let next = queue.take(now); next; next = queue.take(now)) taken.push(next);
        const order = (a: { at: number; key: string }, b: { at: number; key: string }): number =>
          a.at - b.at || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
        expect(taken).toEqual(items.filter(({ at }) => at <= now).sort(order));
        expect(queue.size).toBe(items.length - taken.length);
      }),
    );
  });
});
