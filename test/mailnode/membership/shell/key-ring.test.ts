import { describe, expect, it } from "@jest/globals";
import { KeyRing } from "../../../../src/mailnode/membership/shell/key-ring.ts";
import { Secret } from "../../../../src/support/secret.ts";
import { keyOf } from "./nodes.ts";

describe("a key ring", () => {
  it("sends with the first key and accepts the others", () => {
    const ring = new KeyRing(keyOf(1), keyOf(2));
    expect(ring.primary.bytes).toEqual(Buffer.alloc(32, 1));
    expect(ring.ids).toHaveLength(2);
    expect(ring.find(ring.ids[1]!)?.bytes).toEqual(Buffer.alloc(32, 2));
  });

  it("changes its key in three rounds", () => {
    const ring = new KeyRing(keyOf(1));
    const old = ring.primary.id;
    ring.follow(new KeyRing(keyOf(1), keyOf(2)));
    expect([ring.ids.length, ring.primary.id]).toEqual([2, old]);
    ring.follow(new KeyRing(keyOf(2), keyOf(1)));
    const fresh = ring.primary.id;
    expect(ring.ids).toEqual([fresh, old]);
    ring.follow(new KeyRing(keyOf(2)));
    expect(ring.ids).toEqual([fresh]);
    expect(ring.find(old)).toBeUndefined();
  });

  it("refuses a key of another length, and more than eight", () => {
    expect(() => new KeyRing(new Secret("short"))).toThrow(
      expect.objectContaining({ code: "GOSSIP_KEY_INVALID" }),
    );
    const eight = [1, 2, 3, 4, 5, 6, 7, 8].map(keyOf);
    expect(() => new KeyRing(keyOf(9), ...eight)).toThrow(
      expect.objectContaining({ code: "GOSSIP_KEYS_TOO_MANY" }),
    );
    // The same key twice is one.
    expect(new KeyRing(keyOf(8), ...eight).ids).toHaveLength(8);
  });

  it("names a key without telling anything of it", () => {
    const ring = new KeyRing(keyOf(7));
    expect(ring.primary.id).toMatch(/^[0-9a-f]{8}$/);
    expect(ring.primary.id).not.toBe("07070707");
  });
});
