import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { InvariantViolation } from "../../../../src/mailnode/raft/core/invariant.ts";
import {
  decodeMembership,
  encodeMembership,
  NOBODY,
} from "../../../../src/mailnode/raft/core/membership-codec.ts";

const ids = fc.array(fc.string());
const memberships = fc.record({
  voters: ids,
  votersOutgoing: ids,
  learners: ids,
  learnersNext: ids,
  witnesses: ids,
  autoLeave: fc.boolean(),
});

describe("a membership in an entry", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(memberships, (membership) => {
        expect(decodeMembership(encodeMembership(membership))).toEqual(membership);
      }),
    );
  });

  it("is refused when it is anything else", () => {
    const spoiled = ["", "[]", "null", "{}", JSON.stringify({ ...NOBODY, voters: [1] }), '{"voters":[]'];
    for (const text of [...spoiled, JSON.stringify({ ...NOBODY, autoLeave: 1 })]) {
      expect(() => decodeMembership(new TextEncoder().encode(text))).toThrow(InvariantViolation);
    }
    expect(() => decodeMembership(new Uint8Array([0xff, 0xfe]))).toThrow(InvariantViolation);
  });
});
