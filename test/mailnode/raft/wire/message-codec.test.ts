import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import type { Message } from "../../../../src/mailnode/raft/core/messages.ts";
import { decodeMessage, encodeMessage } from "../../../../src/mailnode/raft/wire/message-codec.ts";
import { BinaryError } from "../../../../src/support/binary-reader.ts";
import { anyMessage } from "../arbitraries.ts";

/* Thousands of cases each, on a machine that may be busy. */
jest.setTimeout(60_000);

const heartbeat: Message = { type: "heartbeat", from: "a", to: "b", term: 3, commit: 4, round: 5 };

/** Decodes, and lets no other error pass than the one that says that these bytes are no message. */
function decodes(bytes: Uint8Array): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof BinaryError) return undefined;
    throw error;
  }
}

describe("messages", () => {
  it("are the same on the other side, of every type and up to the largest numbers", () => {
    const types = new Set<string>();
    fc.assert(
      fc.property(anyMessage, (message) => {
        types.add(message.type);
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
      { numRuns: 1000 },
    );
    expect(types.size).toBe(12);
  });

  it("travel as they always did: type, sender, receiver, term, then their own fields", () => {
    expect(Buffer.from(encodeMessage(heartbeat)).toString("hex")).toBe(
      "06" + "0161" + "0162" + "0300000000000000" + "0400000000000000" + "0500000000000000",
    );
  });

  it("are refused whole when a byte is missing or left over", () => {
    fc.assert(
      fc.property(
        anyMessage,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (message, cut) => {
          const bytes = encodeMessage(message);
          const length = Math.floor(bytes.length * cut);
          expect(() => decodeMessage(bytes.subarray(0, length))).toThrow(BinaryError);
          expect(() => decodeMessage(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(BinaryError);
        },
      ),
    );
  });

  it("that were tampered with are another message or refused, and nothing else", () => {
    fc.assert(
      fc.property(
        anyMessage,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (message, changes) => {
          const bytes = encodeMessage(message);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const read = decodes(bytes);
          if (read) expect(encodeMessage(read)).toEqual(bytes);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("are not found in random bytes with any other error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const read = decodes(bytes);
        if (read) expect(encodeMessage(read)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it("cannot announce more entries than can be there", () => {
    const append = encodeMessage({
      type: "append",
      from: "a",
      to: "b",
      term: 1,
      prevIndex: 0,
      prevTerm: 0,
      commit: 0,
      entries: [],
    });
    new DataView(append.buffer).setUint32(append.length - 4, 2 ** 32 - 1, true);
    expect(() => decodeMessage(append)).toThrow("4294967295 items are announced in 0 bytes");
  });

  it("are refused when their entries do not follow each other", () => {
    const entry = { term: 1, index: 7, kind: "noop", data: new Uint8Array(0) } as const;
    const append = {
      type: "append",
      from: "a",
      to: "b",
      term: 1,
      prevIndex: 5,
      prevTerm: 1,
      commit: 0,
    } as const;
    const bytes = encodeMessage({ ...append, entries: [entry] });
    expect(() => decodeMessage(bytes)).toThrow("entry 7 stands where entry 6 belongs");
  });

  it("with a number that is not exact are our own fault and not sent", () => {
    expect(() => encodeMessage({ ...heartbeat, commit: 2 ** 53 })).toThrow(RangeError);
  });
});
