import type { BinaryReader } from "../../../support/binary-reader.ts";
import type { BinaryWriter } from "../../../support/binary-writer.ts";
import type { Membership, NodeId, SnapshotMeta } from "../core/types.ts";

const FALSE_OR_TRUE = [false, true] as const;

/** The five sets in the order of the type, then autoLeave. */
export function writeMembership(writer: BinaryWriter, membership: Membership): void {
  writeNodes(writer, membership.voters);
  writeNodes(writer, membership.votersOutgoing);
  writeNodes(writer, membership.learners);
  writeNodes(writer, membership.learnersNext);
  writeNodes(writer, membership.witnesses);
  writeBoolean(writer, membership.autoLeave);
}

/** Throws BinaryError. */
export function readMembership(reader: BinaryReader): Membership {
  return {
    voters: readNodes(reader),
    votersOutgoing: readNodes(reader),
    learners: readNodes(reader),
    learnersNext: readNodes(reader),
    witnesses: readNodes(reader),
    autoLeave: readBoolean(reader),
  };
}

export function writeSnapshotMeta(writer: BinaryWriter, snapshot: SnapshotMeta): void {
  writer.u64(snapshot.term);
  writer.u64(snapshot.index);
  writeMembership(writer, snapshot.membership);
}

/** Throws BinaryError. */
export function readSnapshotMeta(reader: BinaryReader): SnapshotMeta {
  return { term: reader.u64(), index: reader.u64(), membership: readMembership(reader) };
}

export function writeBoolean(writer: BinaryWriter, value: boolean): void {
  writer.u8(value ? 1 : 0);
}

/** Throws BinaryError for a byte that is neither 0 nor 1. */
export function readBoolean(reader: BinaryReader): boolean {
  return reader.choice(FALSE_OR_TRUE);
}

function writeNodes(writer: BinaryWriter, nodes: readonly NodeId[]): void {
  writer.u32(nodes.length);
  for (const node of nodes) writer.name(node);
}

function readNodes(reader: BinaryReader): readonly NodeId[] {
  return Array.from({ length: reader.count(1) }, () => reader.name());
}
