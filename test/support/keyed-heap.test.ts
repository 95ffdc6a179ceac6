import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { KeyedHeap } from "../../src/support/keyed-heap.ts";

interface Item {
  readonly key: string;
  readonly at: number;
}

const compare = (a: Item, b: Item): number => a.at - b.at || (a.key < b.key ? -1 : 1);

describe("a heap with keys", () => {
  it("has the least of the items that were neither replaced nor removed, whatever was done before", () => {
    const change = fc.record({ key: fc.constantFrom("a", "b", "c", "d"), at: fc.option(fc.nat(99)) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
        const heap = new KeyedHeap<Item>(({ key }) => key, compare);
        const model = new Map<string, Item>();
        for (const { key, at } of changes) {
          const held = model.get(key);
          if (at !== null) {
            const item = { key, at };
            model.set(key, item);
            heap.set(item);
            // What was replaced is not there any more.
            if (held) expect(heap.delete(held)).toBe(false);
          } else if (held) {
            model.delete(key);
            expect([heap.delete(held), heap.delete(held)]).toEqual([true, false]);
          }
          expect(heap.size).toBe(model.size);
          expect(heap.get(key)).toBe(model.get(key));
          expect(heap.first()).toBe([...model.values()].sort(compare)[0]);
        }
        expect([...heap.values()]).toEqual([...model.values()]);
      }),
    );
  });
});
