import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  addItem,
  EMPTY_CHECKPOINT,
  readItem,
  type LogItem,
} from "../../../../src/mailnode/raft/log/payloads.ts";
import { addRecord, readRecord, sealRecords } from "../../../../src/mailnode/raft/log/record.ts";
import { BinaryError } from "../../../../src/support/binary-reader.ts";
import { BinaryWriter } from "../../../../src/support/binary-writer.ts";
import { anyEntry, anyHardState, anyLogId, anyNode, anySnapshot } from "../arbitraries.ts";

const anyItem: fc.Arbitrary<LogItem> = fc.oneof(
  anyEntry.map((entry) => ({ kind: "entry" as const, entry })),
  anyHardState.map((hardState) => ({ kind: "hardState" as const, hardState })),
  fc
    .tuple(anySnapshot, fc.boolean())
    .map(([snapshot, replaces]) => ({ kind: "snapshot" as const, snapshot, replaces })),
  anyLogId.map((compacted) => ({ kind: "compaction" as const, compacted })),
  fc
    .tuple(anyNode, fc.maxSafeNat(), anyHardState, anySnapshot, anyLogId)
    .map(([node, segment, hardState, snapshot, compacted]) => ({
      kind: "head" as const,
      head: { version: 1, node, segment, checkpoint: { hardState, snapshot, compacted } },
    })),
);

function recordOf(build: (writer: BinaryWriter) => void) {
  const writer = new BinaryWriter();
  build(writer);
  const bytes = writer.take();
  sealRecords(bytes, 0, 0);
  const record = readRecord(bytes, 0);
  if (typeof record === "string") throw new Error(record);
  return record;
}

describe("what records say", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(anyItem, (item) => {
        expect(readItem(recordOf((writer) => addItem(writer, item)))).toEqual(item);
      }),
    );
  });

  it("is refused when a record is not of its kind's shape", () => {
    const kinds = ["hardState", "entry", "snapshot", "compaction"] as const;
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.uint8Array(), (kind, bytes) => {
        const record = recordOf((writer) => addRecord(writer, kind, (to) => to.raw(bytes)));
        try {
          expect(readItem(record).kind).toBe(kind);
        } catch (error) {
          expect(error).toBeInstanceOf(BinaryError);
        }
      }),
    );
  });

  it("is refused by name when another version wrote it", () => {
    const head = { version: 2, node: "a", segment: 1, checkpoint: EMPTY_CHECKPOINT };
    const record = recordOf((writer) => addItem(writer, { kind: "head", head }));
    expect(() => readItem(record)).toThrow("the log has format 2; this program reads format 1");
  });
});
