import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  addRecord,
  ALIGNMENT,
  isBlank,
  ownRecords,
  readRecord,
  RECORD_HEADER,
  sealRecords,
} from "../../../../src/mailnode/raft/log/record.ts";
import { BinaryWriter } from "../../../../src/support/binary-writer.ts";

function sealed(payloads: readonly Uint8Array[], previous = 5, synced = 0): Uint8Array {
  const writer = new BinaryWriter();
  for (const payload of payloads) addRecord(writer, "entry", (to) => to.raw(payload));
  const bytes = writer.take();
  sealRecords(bytes, previous, synced);
  return bytes;
}

describe("records", () => {
  it("are read as they were written, each chained to the one before and aligned", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 1 }), (payloads) => {
        const bytes = sealed(payloads, 5, 77);
        let [at, chain] = [0, 5];
        for (const payload of payloads) {
          const record = readRecord(bytes, at);
          if (typeof record === "string") throw new Error(record);
          expect(record).toMatchObject({ kind: "entry", start: at, synced: 77, previous: chain });
          expect([...record.payload]).toEqual([...payload]);
          expect(record.end % ALIGNMENT).toBe(0);
          [at, chain] = [record.end, record.crc];
        }
        expect(at).toBe(bytes.length);
        expect([...ownRecords(bytes)]).toHaveLength(payloads.length);
      }),
    );
  });

  it("are found faulty when any bit is turned over that is not of the blank space between them", () => {
    const bytes = sealed([Uint8Array.of(1, 2, 3, 4, 5)]);
    for (let bit = 0; bit < (RECORD_HEADER + 5) * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(readRecord(flipped, 0)).toBe(bit < 20 * 8 ? "header" : "payload");
    }
  });

  it("are told from space that was never written, and from what goes beyond the file", () => {
    const bytes = sealed([Uint8Array.of(1, 2, 3)]);
    expect(readRecord(new Uint8Array(100), 50)).toBe("blank");
    expect(readRecord(bytes, bytes.length)).toBe("blank");
    expect(readRecord(bytes.subarray(0, RECORD_HEADER - 1), 0)).toBe("header");
    expect(readRecord(bytes.subarray(0, RECORD_HEADER + 2), 0)).toBe("payload");
  });
});

describe("isBlank", () => {
  it("looks at the whole of a long range and at nothing outside", () => {
    const bytes = new Uint8Array(200_000);
    bytes[199_998] = 1;
    expect(isBlank(bytes, 0, 199_998)).toBe(true);
    expect(isBlank(bytes, 0, 199_999)).toBe(false);
    expect(isBlank(bytes, 199_999, 300_000)).toBe(true);
  });
});
