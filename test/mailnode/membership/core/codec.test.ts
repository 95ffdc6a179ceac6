import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  decodePacket,
  decodeState,
  encodePacket,
  encodeState,
  messageBytes,
  PACKET_HEADER_BYTES,
} from "../../../../src/mailnode/membership/core/codec.ts";
import type { Membership } from "../../../../src/mailnode/membership/core/membership.ts";
import { STATES, type Evidence, type Message } from "../../../../src/mailnode/membership/core/types.ts";
import { addressOf, member, tickUntil, word } from "./members.ts";

const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength });
const incarnation = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const address = fc.record({ host: text(45), port: fc.integer({ min: 1, max: 65_535 }) });
const metadata = fc.record(
  {
    name: text(60),
    roles: fc.array(text(20), { maxLength: 4 }),
    addresses: fc.dictionary(text(20), text(40), { maxKeys: 3, noNullPrototype: true }),
    notes: fc.dictionary(text(10), text(40), { minKeys: 1, maxKeys: 2, noNullPrototype: true }),
    loadPermille: fc.nat({ max: 2 ** 32 - 1 }),
  },
  { requiredKeys: ["name", "roles", "addresses", "loadPermille"] },
);
const evidence: fc.Arbitrary<Evidence> = fc.record(
  {
    member: text(64),
    state: fc.constantFrom(...STATES),
    incarnation,
    by: text(64),
    announcement: fc.record({ incarnation, address, metadata }),
    goneForS: fc.nat({ max: 2 ** 32 - 1 }),
  },
  { requiredKeys: ["member", "state", "incarnation", "by"] },
);
const seq = fc.nat({ max: 2 ** 32 - 1 });
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: fc.constant("ping" as const), seq, target: text(64) }),
  fc.record({ kind: fc.constant("ping-req" as const), seq, target: text(64), address }),
  fc.record({ kind: fc.constantFrom("ack" as const, "nack" as const), seq }),
  fc.record({ kind: fc.constant("evidence" as const), evidence }),
);

describe("the codec", () => {
  it("gives back every packet and every state", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 10 }), (messages) => {
        const bytes = encodePacket(messages);
        expect(decodePacket(bytes)).toEqual(messages);
        expect(bytes.length).toBe(
          messages.reduce((sum, one) => sum + messageBytes(one), 0) + PACKET_HEADER_BYTES,
        );
      }),
    );
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 10 }), (state) => {
        expect(decodeState(encodeState(state))).toEqual(state);
      }),
    );
  });

  it("refuses another version, a cut and anything behind", () => {
    const bytes = encodePacket([{ kind: "evidence", evidence: word("a", "alive", 1) }]);
    expect(decodePacket(Uint8Array.of(9, ...bytes.subarray(1)))).toBeUndefined();
    expect(decodePacket(Uint8Array.of(...bytes, 0))).toBeUndefined();
    for (let length = 0; length < bytes.length; length++) {
      expect(decodePacket(bytes.subarray(0, length))).toBeUndefined();
    }
  });

  it("refuses a state that announces more members than there may be, before it reads them", () => {
    expect(
      decodeState(encodeState(Array.from({ length: 1_025 }, (_, i) => word(`a${i}`, "alive", 1)))),
    ).toBeUndefined();
  });

  it("refuses empty ids, long ids and ports that are none", () => {
    const encoded = (id: string, port: number): Uint8Array =>
      encodePacket([{ kind: "ping-req", seq: 1, target: id, address: { host: "h", port } }]);
    expect(decodePacket(encoded("a", 1))).toBeDefined();
    for (const bad of [encoded("", 1), encoded("a".repeat(65), 1), encoded("a", 0), encoded("a", 65_536)]) {
      expect(decodePacket(bad)).toBeUndefined();
    }
  });

  it("survives random and spoiled bytes: they are refused or read as something whole", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_400 }), (bytes) => {
        decodePacket(bytes);
        decodeState(bytes);
      }),
    );
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.nat(255),
        (messages, at, value) => {
          const bytes = Uint8Array.from(encodePacket(messages));
          bytes[at % bytes.length] = value;
          const read = decodePacket(bytes);
          if (read) expect(encodePacket(read).length).toBeLessThanOrEqual(bytes.length);
        },
      ),
    );
  });

  it("lets nothing through that upsets a member, or makes it grow beyond its bounds", () => {
    const core: Membership = member();
    let now = 0;
    fc.assert(
      fc.property(fc.array(message, { maxLength: 10 }), fc.nat({ max: 300 }), (messages, ms) => {
        now += ms;
        core.receive({ from: addressOf("a"), messages: decodePacket(encodePacket(messages))! }, now);
        tickUntil(core, now);
      }),
      { numRuns: 1_000 },
    );
    expect(core.state(now).length).toBeLessThanOrEqual(1_024);
    expect(core.unsaid).toBeLessThanOrEqual(1_024);
    expect(core.members().find(({ id }) => id === "me")?.state).toBe("alive");
  });
});
