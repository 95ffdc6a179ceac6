import fc from "fast-check";
import { describe, expect, it } from "@jest/globals";
import { CONSISTENCY_LEVELS } from "../../../../src/contract/cluster-api.ts";
import { BinaryError } from "../../../../src/support/binary-reader.ts";
import { NOT_PROPOSED_REASONS } from "../../../../src/mailnode/cluster/consensus.ts";
import type { Message, Snapshot } from "../../../../src/mailnode/raft/core/messages.ts";
import { decodePacket, encodePacket } from "../../../../src/mailnode/raft/shell/packet-codec.ts";
import type { Ask, Outcome, Packet } from "../../../../src/mailnode/raft/shell/packet.ts";
import type { Frame } from "../../../../src/mailnode/raft/wire/frame.ts";
import { anyLogId, anyMessage, anyNode } from "../arbitraries.ts";

const bytes = fc.uint8Array({ maxLength: 40 });
const number = fc.maxSafeNat();
const u32 = fc.nat(2 ** 32 - 1);
const level = fc.constantFrom(...CONSISTENCY_LEVELS);
const accepted = fc.record({ index: number, term: number, replicas: u32, committed: fc.boolean() });
const isSnapshot = (message: Message): message is Snapshot => message.type === "snapshot";

const anyAsk: fc.Arbitrary<Ask> = fc.oneof(
  fc.record({ type: fc.constant("propose"), level, command: bytes }),
  fc.record({ type: fc.constant("transfer"), to: anyNode }),
  fc.record({
    type: fc.constant("change"),
    changes: fc.array(
      fc.record({ become: fc.constantFrom("voter", "witness", "learner", "removed"), id: anyNode }),
      { maxLength: 4 },
    ),
  }),
);

const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ type: fc.constant("accepted"), accepted }),
  fc.record({ type: fc.constant("levelNotMet"), accepted, level }),
  fc.record({ type: fc.constant("notProposed"), reason: fc.constantFrom(...NOT_PROPOSED_REASONS) }),
  fc.record({ type: fc.constantFrom("refused", "unknown"), why: fc.string() }),
);

/** One arbitrary for each type, so that a new type of packet does not compile before it is tested. */
const BY_TYPE: { readonly [T in Packet["type"]]: fc.Arbitrary<Extract<Packet, { readonly type: T }>> } = {
  raft: anyMessage
    .filter((message): message is Exclude<Message, Snapshot> => !isSnapshot(message))
    .map((message) => ({ type: "raft", message })),
  ask: fc.record({ type: fc.constant("ask"), request: number, ask: anyAsk }),
  answer: fc.record({ type: fc.constant("answer"), request: number, outcome: anyOutcome }),
  snapshotOffer: fc.record({
    type: fc.constant("snapshotOffer"),
    message: anyMessage.filter(isSnapshot),
    digest: fc.record({ bytes: number, crc: u32 }),
  }),
  snapshotWanted: fc.record({ type: fc.constant("snapshotWanted"), snapshot: anyLogId, at: number }),
  snapshotPiece: fc.record({
    type: fc.constant("snapshotPiece"),
    snapshot: anyLogId,
    at: number,
    content: bytes,
  }),
  snapshotRefused: fc.record({ type: fc.constant("snapshotRefused"), snapshot: anyLogId }),
};
const anyPacket: fc.Arbitrary<Packet> = fc.oneof(...Object.values(BY_TYPE));

/** The packet of a frame; undefined when it was refused in the one way there is. */
function decodes(frame: Frame): Packet | undefined {
  try {
    return decodePacket(frame);
  } catch (error) {
    expect(error).toBeInstanceOf(BinaryError);
    return undefined;
  }
}

describe("packets between members", () => {
  it("are the same on the other side, of every type", () => {
    fc.assert(fc.property(anyPacket, (packet) => expect(decodePacket(encodePacket(packet))).toEqual(packet)));
  });

  it("are refused whole when their end is missing or something follows it", () => {
    fc.assert(
      fc.property(anyPacket, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (packet, cut) => {
        const { kind, payload } = encodePacket(packet);
        const less = payload.subarray(0, Math.floor(payload.length * cut));
        expect(() => decodePacket({ kind, payload: less })).toThrow(BinaryError);
        const more = Buffer.concat([payload, Buffer.alloc(1)]);
        expect(() => decodePacket({ kind, payload: more })).toThrow(BinaryError);
      }),
    );
  });

  it("that were tampered with are another packet or refused, and nothing else", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyPacket, changes, (packet, places) => {
        const { kind, payload } = encodePacket(packet);
        for (const [at, value] of places) payload[at % payload.length] = value;
        decodes({ kind, payload });
      }),
      { numRuns: 2000 },
    );
  });

  it("are not found in random bytes with any other error", () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 300 }), (kind, payload) => {
        decodes({ kind, payload });
      }),
      { numRuns: 2000 },
    );
  });

  it("cannot announce more changes of members than there are bytes left", () => {
    const change = encodePacket({ type: "ask", request: 1, ask: { type: "change", changes: [] } });
    new DataView(change.payload.buffer).setUint32(change.payload.length - 4, 2 ** 32 - 1, true);
    expect(() => decodePacket(change)).toThrow(BinaryError);
  });
});
