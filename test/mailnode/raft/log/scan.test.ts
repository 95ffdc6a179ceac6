import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { SECTOR } from "../../../../src/mailnode/disk/disk.ts";
import { addRecord, readRecord, sealRecords } from "../../../../src/mailnode/raft/log/record.ts";
import { scanRecords, type Ending } from "../../../../src/mailnode/raft/log/scan.ts";
import { BinaryWriter } from "../../../../src/support/binary-writer.ts";
import { LogOrderError } from "../../../../src/mailnode/raft/log/log-table.ts";

const SIZE = 16 * SECTOR;

/** A file of writes, each of some records with these sizes of payload. Bytes are never zero. */
function fileOf(writes: readonly (readonly number[])[]) {
  const file = new Uint8Array(SIZE);
  const starts: number[] = [];
  let [end, chain] = [0, 0];
  for (const sizes of writes) {
    const writer = new BinaryWriter();
    for (const size of sizes) {
      starts.push(end + addRecord(writer, "entry", (to) => to.raw(new Uint8Array(size).fill(0xaa))));
    }
    const bytes = writer.take();
    chain = sealRecords(bytes, chain, end);
    file.set(bytes, end);
    end += bytes.length;
  }
  return { file, starts, end };
}

function scan(file: Uint8Array): Ending & { readonly records: number } {
  let records = 0;
  return { ...scanRecords(file, 0, () => records++), records };
}

const blank = (file: Uint8Array, from: number, to: number) => file.fill(0, from, to);
const flip = (file: Uint8Array, at: number) => (file[at]! ^= 4);

describe("the records of a segment", () => {
  it("end whole where only blank space follows", () => {
    const { file, end } = fileOf([[100, 200], [300]]);
    expect(scan(file)).toEqual({ verdict: "whole", end, records: 3 });
    expect(scan(new Uint8Array(SIZE))).toEqual({ verdict: "whole", end: 0, records: 0 });
  });

  it("end whole at the very end of the file", () => {
    const { file } = fileOf([[SIZE - 24]]);
    expect(scan(file)).toEqual({ verdict: "whole", end: SIZE, records: 1 });
  });

  it("end torn where the data of a torn record look like one that vouches for what it cannot know", () => {
    const look = new BinaryWriter();
    addRecord(look, "entry", (to) => to.raw(new Uint8Array(8).fill(0xaa)));
    const alike = look.take();
    sealRecords(alike, 0, SIZE * 2);
    const { file, end } = fileOf([[100]]);
    const writer = new BinaryWriter();
    addRecord(writer, "entry", (to) => to.raw(Buffer.concat(Array.from({ length: 40 }, () => alike))));
    const bytes = writer.take();
    sealRecords(bytes, 0, end);
    file.set(bytes, end);
    blank(file, end, Math.ceil((end + 1) / SECTOR) * SECTOR);
    expect(scan(file)).toMatchObject({ verdict: "torn", end });
  });

  it("end torn where some sectors of the last write are blank, whichever", () => {
    const { starts, end } = fileOf([[100], [2000, 1000]]);
    const [, second, third] = starts;
    const first = Math.ceil(second! / SECTOR) * SECTOR;
    for (let sector = first; sector < end; sector += SECTOR) {
      const { file } = fileOf([[100], [2000, 1000]]);
      blank(file, sector, Math.min(end, sector + SECTOR));
      const torn = sector < Math.floor(third! / SECTOR) * SECTOR ? second : third;
      const ending = scan(file);
      expect(ending.verdict).toBe("torn");
      expect([second, third]).toContain(ending.end);
      if (sector + SECTOR <= third!) expect(ending.end).toBe(torn);
    }
  });

  it("end torn when the last write lost the sector in which it began and kept others", () => {
    const { file, starts } = fileOf([[100], [2000]]);
    blank(file, starts[1]!, SECTOR);
    expect(scan(file)).toMatchObject({ verdict: "torn", end: starts[1], records: 1 });
  });

  it("are corrupt where a bit turned over before the last write", () => {
    const { starts } = fileOf([[100], [2000], [300]]);
    for (const at of [starts[0]! + 30, starts[1]! + 3, starts[1]! + 1500]) {
      const { file } = fileOf([[100], [2000], [300]]);
      flip(file, at);
      expect(scan(file)).toMatchObject({
        verdict: "corrupt",
        end: at < starts[1]! ? starts[0] : starts[1],
        reason: `a record at byte ${at < starts[1]! ? starts[1] : starts[2]} was written after this place was durable`,
      });
    }
  });

  it("are corrupt where whole sectors were lost before the last write, which no interruption does", () => {
    const { file, starts } = fileOf([[100], [2000], [300]]);
    blank(file, SECTOR, 3 * SECTOR);
    expect(scan(file)).toMatchObject({ verdict: "corrupt", end: starts[1] });
  });

  it("are corrupt where a bit of the last write turned over though all its sectors were written", () => {
    const { starts } = fileOf([[100], [2000]]);
    for (let at = starts[1]!; at < starts[1]! + 2024; at++) {
      const { file } = fileOf([[100], [2000]]);
      flip(file, at);
      expect([at, scan(file).verdict]).toEqual([at, "corrupt"]);
    }
  });

  it("are corrupt where a valid record does not follow the one before it", () => {
    const { file, starts } = fileOf([[100], [100], [100]]);
    const piece = file.slice(starts[2], starts[2]! + 128);
    file.set(piece, starts[1]);
    expect(scan(file)).toMatchObject({
      verdict: "corrupt",
      end: starts[1],
      reason: "the record does not follow the one before it",
    });
  });

  it("are corrupt where the reader finds one that cannot be", () => {
    const { file, starts } = fileOf([[100], [100]]);
    let seen = 0;
    const ending = scanRecords(file, 0, () => {
      if (++seen === 2) throw new LogOrderError("entry 9 follows entry 4");
    });
    expect(ending).toEqual({ verdict: "corrupt", end: starts[1], reason: "entry 9 follows entry 4" });
  });

  it("are not taken for corrupt by what looks like a record inside a torn one", () => {
    const inner = fileOf([[3000], [100], [100]]);
    const writer = new BinaryWriter();
    addRecord(writer, "entry", (to) => to.raw(new Uint8Array(1000).fill(1)));
    const first = writer.take();
    const chain = sealRecords(first, 0, 0);
    // A copy of a log's middle, whose records say that all before them is durable.
    addRecord(writer, "entry", (to) => {
      to.raw(inner.file.subarray(inner.starts[2], inner.end));
      to.raw(new Uint8Array(4 * SECTOR).fill(1));
    });
    const second = writer.take();
    sealRecords(second, chain, first.length);
    const file = new Uint8Array(SIZE);
    file.set(first);
    file.set(second, first.length);
    const lost = 4 * SECTOR;
    blank(file, lost, lost + SECTOR);
    expect(readRecord(file, first.length + 24)).toMatchObject({ synced: inner.starts[2] });
    expect(scan(file)).toMatchObject({ verdict: "torn", end: first.length });
  });

  it("never are other records than those written, whatever bytes are there", () => {
    const { file: whole, starts } = fileOf([[100, 40], [700], [300, 10]]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(SIZE - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        fc.nat(SIZE),
        (changes, length) => {
          const file = whole.slice(0, length);
          for (const [at, value] of changes) if (at < length) file[at] = value;
          const found: number[] = [];
          const ending = scanRecords(file, 0, ({ start }) => found.push(start));
          expect(found).toEqual(starts.slice(0, found.length));
          expect(ending.end).toBeLessThanOrEqual(SIZE);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("can be looked for in random bytes without a fault", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(["whole", "torn", "corrupt"]).toContain(scan(bytes).verdict);
        expect(typeof readRecord(bytes, 0)).toMatch(/string|object/);
      }),
    );
  });
});
