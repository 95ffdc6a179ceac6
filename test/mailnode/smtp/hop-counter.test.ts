import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { HopCounter } from "../../../src/mailnode/smtp/hop-counter.ts";

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

  it("stops looking in a header that never ends", () => {
    const counter = new HopCounter();
    counter.add(Buffer.alloc(300 * 1024, "x"));
    counter.add(Buffer.from("\r\nReceived: late\r\n"));
    expect(counter.count).toBe(0);
  });
});
