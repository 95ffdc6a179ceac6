import fc from "fast-check";
import { describe, expect, it } from "@jest/globals";
import { BinaryError } from "../../../../src/support/binary-reader.ts";
import {
  decodeHello,
  decodeReply,
  encodeHello,
  encodeReply,
  PROTOCOL_VERSION,
} from "../../../../src/mailnode/raft/shell/greeting.ts";
import { anyNode } from "../arbitraries.ts";

const anyHello = fc.record({
  version: fc.constant(PROTOCOL_VERSION),
  cluster: fc.stringMatching(/^[a-z-]{0,20}$/),
  from: anyNode,
  to: anyNode,
});

describe("the greeting of a connection", () => {
  it("is the same on the other side", () => {
    fc.assert(fc.property(anyHello, (hello) => expect(decodeHello(encodeHello(hello))).toEqual(hello)));
    expect(decodeReply(encodeReply())).toBeUndefined();
    expect(decodeReply(encodeReply("it belongs to another cluster"))).toBe("it belongs to another cluster");
  });

  it("of another version says no more than that, whatever follows", () => {
    const { kind, payload } = encodeHello({ version: 7, cluster: "c", from: "a", to: "b" });
    const cut = { kind, payload: payload.subarray(0, 5) };
    expect(decodeHello(cut)).toEqual({ version: 7, cluster: "", from: "", to: "" });
  });

  it("of strangers is refused in one way, or read as something whole", () => {
    const random = fc.uint8Array({ maxLength: 80 });
    const tampered = fc
      .tuple(anyHello, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([hello, changes]) => {
        const { payload } = encodeHello(hello);
        for (const [at, value] of changes) payload[at % payload.length] = value;
        return payload;
      });
    fc.assert(
      fc.property(fc.nat(5), fc.oneof(random, tampered), (kind, payload) => {
        expect(typeof decodeReply({ kind: 3, payload })).toBe("string");
        try {
          const hello = decodeHello({ kind, payload });
          for (const name of [hello.cluster, hello.from, hello.to]) expect(name.length).toBeLessThan(256);
        } catch (error) {
          expect(error).toBeInstanceOf(BinaryError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
