import { CONSISTENCY_LEVELS } from "../../../contract/cluster-api.ts";
import { BinaryError, BinaryReader } from "../../../support/binary-reader.ts";
import { BinaryWriter } from "../../../support/binary-writer.ts";
import { NOT_PROPOSED_REASONS, type Accepted } from "../../cluster/consensus.ts";
import type { MemberChange } from "../core/membership-change.ts";
import type { LogId } from "../core/types.ts";
import type { Frame } from "../wire/frame.ts";
import { readBoolean, writeBoolean } from "../wire/membership-codec.ts";
import { decodeMessage, encodeMessage } from "../wire/message-codec.ts";
import type { Ask, Outcome, Packet } from "./packet.ts";

/** New ones are added at the end of each list: the place is what travels. */
const PACKETS = [
  "raft",
  "ask",
  "answer",
  "snapshotOffer",
  "snapshotWanted",
  "snapshotPiece",
  "snapshotRefused",
] as const satisfies readonly Packet["type"][];
const ASKS = ["propose", "transfer", "change"] as const satisfies readonly Ask["type"][];
const OUTCOMES = [
  "accepted",
  "levelNotMet",
  "notProposed",
  "refused",
  "unknown",
] as const satisfies readonly Outcome["type"][];
const BECOMES = [
  "voter",
  "witness",
  "learner",
  "removed",
] as const satisfies readonly MemberChange["become"][];

/** Kinds of frames below this one belong to the greeting of a connection. */
const FIRST_KIND = 16;

/** A packet as a frame. Throws a RangeError for numbers and names that no frame can hold: our own fault. */
export function encodePacket(packet: Packet): Frame {
  const kind = FIRST_KIND + PACKETS.indexOf(packet.type);
  if (packet.type === "raft") return { kind, payload: encodeMessage(packet.message) };
  const writer = new BinaryWriter();
  writePacket(writer, packet);
  return { kind, payload: writer.take() };
}

/** The packet that a frame holds. Throws BinaryError for anything else, so that the connection is given up. */
export function decodePacket({ kind, payload }: Frame): Packet {
  const type = PACKETS[kind - FIRST_KIND];
  if (type === undefined) throw new BinaryError(`no packet has the kind ${kind}`);
  if (type === "raft") {
    const message = decodeMessage(payload);
    if (message.type === "snapshot") throw new BinaryError("a snapshot came without its offer");
    return { type, message };
  }
  const reader = new BinaryReader(payload);
  const packet = readPacket(reader, type);
  reader.end();
  return packet;
}

function writePacket(writer: BinaryWriter, packet: Exclude<Packet, { readonly type: "raft" }>): void {
  switch (packet.type) {
    case "ask":
      writer.u64(packet.request);
      return writeAsk(writer, packet.ask);
    case "answer":
      writer.u64(packet.request);
      return writeOutcome(writer, packet.outcome);
    case "snapshotOffer":
      writer.block(encodeMessage(packet.message));
      writer.u64(packet.digest.bytes);
      return writer.u32(packet.digest.crc);
    case "snapshotWanted":
      writePlace(writer, packet.snapshot);
      return writer.u64(packet.at);
    case "snapshotPiece":
      writePlace(writer, packet.snapshot);
      writer.u64(packet.at);
      return writer.block(packet.content);
    case "snapshotRefused":
      return writePlace(writer, packet.snapshot);
  }
}

function readPacket(reader: BinaryReader, type: Exclude<Packet["type"], "raft">): Packet {
  switch (type) {
    case "ask":
      return { type, request: reader.u64(), ask: readAsk(reader) };
    case "answer":
      return { type, request: reader.u64(), outcome: readOutcome(reader) };
    case "snapshotOffer": {
      const message = decodeMessage(reader.block());
      if (message.type !== "snapshot") throw new BinaryError("an offer holds no snapshot");
      return { type, message, digest: { bytes: reader.u64(), crc: reader.u32() } };
    }
    case "snapshotWanted":
      return { type, snapshot: readPlace(reader), at: reader.u64() };
    case "snapshotPiece":
      return { type, snapshot: readPlace(reader), at: reader.u64(), content: reader.block() };
    case "snapshotRefused":
      return { type, snapshot: readPlace(reader) };
  }
}

function writeAsk(writer: BinaryWriter, ask: Ask): void {
  writer.u8(ASKS.indexOf(ask.type));
  switch (ask.type) {
    case "propose":
      writer.u8(CONSISTENCY_LEVELS.indexOf(ask.level));
      return writer.block(ask.command);
    case "transfer":
      return writer.name(ask.to);
    case "change":
      writer.u32(ask.changes.length);
      for (const { become, id } of ask.changes) {
        writer.u8(BECOMES.indexOf(become));
        writer.name(id);
      }
  }
}

function readAsk(reader: BinaryReader): Ask {
  const type = reader.choice(ASKS);
  switch (type) {
    case "propose":
      // A copy, as the leader writes its stamp into it.
      return { type, level: reader.choice(CONSISTENCY_LEVELS), command: reader.block().slice() };
    case "transfer":
      return { type, to: reader.name() };
    case "change": {
      const changes = Array.from({ length: reader.count(2) }, () => ({
        become: reader.choice(BECOMES),
        id: reader.name(),
      }));
      return { type, changes };
    }
  }
}

function writeOutcome(writer: BinaryWriter, outcome: Outcome): void {
  writer.u8(OUTCOMES.indexOf(outcome.type));
  switch (outcome.type) {
    case "accepted":
      return writeAccepted(writer, outcome.accepted);
    case "levelNotMet":
      writer.u8(CONSISTENCY_LEVELS.indexOf(outcome.level));
      return writeAccepted(writer, outcome.accepted);
    case "notProposed":
      return writer.u8(NOT_PROPOSED_REASONS.indexOf(outcome.reason));
    case "refused":
    case "unknown":
      return writer.block(new TextEncoder().encode(outcome.why));
  }
}

function readOutcome(reader: BinaryReader): Outcome {
  const type = reader.choice(OUTCOMES);
  switch (type) {
    case "accepted":
      return { type, accepted: readAccepted(reader) };
    case "levelNotMet":
      return { type, level: reader.choice(CONSISTENCY_LEVELS), accepted: readAccepted(reader) };
    case "notProposed":
      return { type, reason: reader.choice(NOT_PROPOSED_REASONS) };
    case "refused":
    case "unknown":
      return { type, why: new TextDecoder().decode(reader.block()) };
  }
}

function writeAccepted(writer: BinaryWriter, { index, term, replicas, committed }: Accepted): void {
  writer.u64(index);
  writer.u64(term);
  writer.u32(replicas);
  writeBoolean(writer, committed);
}

function readAccepted(reader: BinaryReader): Accepted {
  return {
    index: reader.u64(),
    term: reader.u64(),
    replicas: reader.u32(),
    committed: readBoolean(reader),
  };
}

function writePlace(writer: BinaryWriter, { term, index }: LogId): void {
  writer.u64(term);
  writer.u64(index);
}

function readPlace(reader: BinaryReader): LogId {
  return { term: reader.u64(), index: reader.u64() };
}
