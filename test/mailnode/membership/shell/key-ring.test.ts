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
    const fresh = ring.accept(keyOf(2));
    expect(ring.primary.id).toBe(old);
    ring.use(fresh);
    ring.remove(old);
    expect(ring.ids).toEqual([fresh]);
    expect(ring.find(old)).toBeUndefined();
  });

  it("refuses a key of another length, an unknown id, the loss of the key in use, and too many", () => {
    const ring = new KeyRing(keyOf(1));
    expect(() => new KeyRing(new Secret("short"))).toThrow(
      expect.objectContaining({ code: "GOSSIP_KEY_INVALID" }),
    );
    expect(() => ring.use("00000000")).toThrow(expect.objectContaining({ code: "GOSSIP_KEY_UNKNOWN" }));
    expect(() => ring.remove(ring.primary.id)).toThrow(
      expect.objectContaining({ code: "GOSSIP_KEY_IN_USE" }),
    );
    for (let number = 2; number <= 8; number++) ring.accept(keyOf(number));
    expect(() => ring.accept(keyOf(9))).toThrow(expect.objectContaining({ code: "GOSSIP_KEYS_TOO_MANY" }));
    expect(ring.accept(keyOf(8))).toBe(ring.ids.at(-1));
  });

  it("names a key without telling anything of it", () => {
    const ring = new KeyRing(keyOf(7));
    expect(ring.primary.id).toMatch(/^[0-9a-f]{8}$/);
    expect(ring.primary.id).not.toBe("07070707");
  });
});
