import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Heap } from "../../src/support/heap.ts";

describe("a heap", () => {
  it("gives what was put in from the least to the greatest", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = new Heap<number>((a, b) => a - b);
        for (const number of numbers) heap.push(number);
        expect(heap.size).toBe(numbers.length);
        expect(heap.peek()).toBe(numbers.length === 0 ? undefined : Math.min(...numbers));
        expect(numbers.map(() => heap.pop())).toEqual(numbers.toSorted((a, b) => a - b));
        expect(heap.pop()).toBeUndefined();
      }),
    );
  });
});
