import { describe, expect, it } from "@jest/globals";
import { KeyRing } from "../../../../src/mailnode/membership/shell/key-ring.ts";
import { SEAL_BYTES, Sealer } from "../../../../src/mailnode/membership/shell/sealer.ts";
import { keyOf } from "./nodes.ts";

function sealer(session: number, key = 1, label = "one"): Sealer {
  return new Sealer(new KeyRing(keyOf(key)), label, Buffer.alloc(16, session));
}

const TEXT = Buffer.from("who is there");

describe("a sealed text", () => {
  it("opens for those with the key, and is longer by what is said", () => {
    const sealed = sealer(1).seal("packet", TEXT);
    expect(sealed.length).toBe(TEXT.length + SEAL_BYTES);
    expect(Buffer.from(sealed).includes(TEXT)).toBe(false);
    expect(sealer(2).open("packet", sealed)).toEqual(TEXT);
  });

  it("is never the same twice, nor under the key of another session", () => {
    const first = sealer(1);
    const seals = [first.seal("packet", TEXT), first.seal("packet", TEXT), sealer(2).seal("packet", TEXT)];
    expect(new Set(seals.map((sealed) => Buffer.from(sealed.subarray(27)).toString("hex"))).size).toBe(3);
  });

  it("does not open with another key, for another cluster, or on another channel", () => {
    const sealed = sealer(1).seal("packet", TEXT);
    expect(sealer(2, 9).open("packet", sealed)).toBeUndefined();
    expect(sealer(2, 1, "two").open("packet", sealed)).toBeUndefined();
    expect(sealer(2).open("question", sealed)).toBeUndefined();
  });

  it("does not open with any bit turned or any byte missing", () => {
    const sealed = sealer(1).seal("packet", TEXT);
    const reader = sealer(2);
    for (let at = 0; at < sealed.length; at++) {
      const spoiled = Uint8Array.from(sealed);
      spoiled[at]! ^= 1 << (at % 8);
      expect(reader.open("packet", spoiled)).toBeUndefined();
      expect(reader.open("packet", sealed.subarray(0, at))).toBeUndefined();
    }
    expect(reader.open("packet", sealed)).toEqual(TEXT);
  });

  it("opens once, however the texts overtake each other", () => {
    const writer = sealer(1);
    const reader = sealer(2);
    const seals = Array.from({ length: 6_000 }, () => writer.seal("packet", TEXT));
    expect(reader.open("packet", seals[5_000]!)).toEqual(TEXT);
    expect(reader.open("packet", seals[4_000]!)).toEqual(TEXT);
    expect(reader.open("packet", seals[5_000]!)).toBeUndefined();
    expect(reader.open("packet", seals[4_000]!)).toBeUndefined();
    // Too far behind to be known for new.
    expect(reader.open("packet", seals[5_000 - 4_096]!)).toBeUndefined();
    expect(reader.open("packet", seals[5_000 - 4_095]!)).toEqual(TEXT);
    expect(reader.open("packet", seals[5_999]!)).toEqual(TEXT);
    expect(reader.open("packet", seals[5_998]!)).toEqual(TEXT);
  });

  it("opens with every key of the ring, and no more when its key was taken out", () => {
    const ring = new KeyRing(keyOf(1));
    const reader = new Sealer(ring, "one", Buffer.alloc(16, 3));
    const old = sealer(1);
    expect(reader.open("packet", old.seal("packet", TEXT))).toEqual(TEXT);
    ring.follow(new KeyRing(keyOf(2), keyOf(1)));
    expect(reader.open("packet", old.seal("packet", TEXT))).toEqual(TEXT);
    expect(sealer(2, 2).open("packet", reader.seal("packet", TEXT))).toEqual(TEXT);
    ring.follow(new KeyRing(keyOf(2)));
    expect(reader.open("packet", old.seal("packet", TEXT))).toBeUndefined();
  });

  it("of a few thousand senders leaves the memory of a known one in place only as long as there is room", () => {
    const reader = sealer(2);
    const first = sealer(1).seal("packet", TEXT);
    expect(reader.open("packet", first)).toEqual(TEXT);
    const ring = new KeyRing(keyOf(1));
    for (let i = 0; i < 2_048; i++) {
      const session = Buffer.alloc(16);
      session.writeUInt32BE(i + 1);
      expect(reader.open("packet", new Sealer(ring, "one", session).seal("packet", TEXT))).toEqual(TEXT);
    }
    // The oldest was forgotten: the memory is bounded, and what gossip says may be said twice.
    expect(reader.open("packet", first)).toEqual(TEXT);
  });
});
