import type { BinaryReader } from "../../../support/binary-reader.ts";
import type { BinaryWriter } from "../../../support/binary-writer.ts";
import type { Entry } from "../core/types.ts";

/** New kinds are added at the end: the place is what lies on disks. */
const KINDS = ["noop", "data", "config"] as const satisfies readonly Entry["kind"][];

/** What an entry takes beside its data. */
export const ENTRY_OVERHEAD = 8 + 8 + 1 + 4;

/** Term, index, kind, data; the same on disk and on the wire. */
export function writeEntry(writer: BinaryWriter, entry: Entry): void {
  writer.u64(entry.term);
  writer.u64(entry.index);
  writer.u8(KINDS.indexOf(entry.kind));
  writer.block(entry.data);
}

/** The entry, its data a view of what is read. Throws BinaryError. */
export function readEntry(reader: BinaryReader): Entry {
  return { term: reader.u64(), index: reader.u64(), kind: reader.choice(KINDS), data: reader.block() };
}
