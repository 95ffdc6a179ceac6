import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { connectionLimits } from "../../../../src/toolkit/services/haproxy/connections.ts";

describe("connectionLimits", () => {
  it("keeps a fifth of the connections from the public listeners, whatever the total", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1_000_000 }), (total) => {
        const { smtp, submission, submissions, console } = connectionLimits(total);
        expect(smtp + submission + submissions + console).toBeLessThanOrEqual(total * 0.8);
      }),
    );
  });

  it("gives every public listener at least ten connections and SMTP the most", () => {
    const { smtp, submission, submissions, console } = connectionLimits(100);
    expect(Math.min(smtp, submission, submissions, console)).toBe(10);
    expect(smtp).toBe(50);
  });
});
