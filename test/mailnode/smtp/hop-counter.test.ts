import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { HopCounter } from "../../../src/mailnode/smtp/hop-counter.ts";
import { heapUsed } from "../fixtures/heap-used.ts";

const MESSAGE =
  "Received: a\r\n\tby b\r\nreceived : c\r\nX-Received: no\r\nSubject: Received: no\r\nRECEIVED: d\n\r\nReceived: in the body\r\n";

function countIn(...pieces: string[]): number {
  const counter = new HopCounter();
  for (const piece of pieces) counter.add(Buffer.from(piece));
  return counter.count;
}

describe("counting Received lines", () => {
  it("counts those of the header only", () => {
    expect(countIn(MESSAGE)).toBe(3);
  });

  it("counts the same however the message is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(MESSAGE.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), MESSAGE.length];
        expect(countIn(...at.slice(1).map((end, index) => MESSAGE.slice(at[index], end)))).toBe(3);
      }),
    );
  });

  it("keeps no more than the start of a line that does not end", () => {
    const piece = Buffer.alloc(64 * 1024, "x");
    const before = heapUsed();
    const counters = Array.from({ length: 400 }, () => new HopCounter());
    for (const counter of counters) for (let index = 0; index < 3; index++) counter.add(piece);
    expect(heapUsed() - before).toBeLessThan(400 * 10 * 1024);
    for (const counter of counters) counter.add(Buffer.from("\r\nReceived: a\r\n"));
    expect(counters.every(({ count }) => count === 1)).toBe(true);
  });

  it("stops looking in a header that never ends", () => {
    const counter = new HopCounter();
    counter.add(Buffer.alloc(300 * 1024, "x"));
    counter.add(Buffer.from("\r\nReceived: late\r\n"));
    expect(counter.count).toBe(0);
  });
});
