import { crc32 } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readMbstream } from "../../../../src/toolkit/runbooks/backup/mbstream.ts";
import { chunk, ending, POSITION, streamOf } from "./a-stream.ts";

async function* pieces(bytes: Buffer, length: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const read = (bytes: Buffer, length = bytes.length + 1) =>
  readMbstream(pieces(bytes, length), ["xtrabackup_galera_info"]);

describe("a stream of mariadb-backup", () => {
  it("is read alike in pieces of any length", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (length) => {
        const { files, texts } = await read(streamOf(), length);
        expect(files).toBe(2);
        expect([...texts]).toEqual([["xtrabackup_galera_info", `${POSITION} 0\n`]]);
      }),
    );
  });

  it("says nothing of what comes after a cut, and is damaged when a byte of a payload is another one", async () => {
    const whole = streamOf();
    for (let bytes = 1; bytes < whole.length; bytes++) {
      // Between two files a stream may end: then a file that was begun is missing its end.
      const cut = whole.subarray(0, bytes);
      const result = await read(cut).catch(() => undefined);
      expect(result?.texts.get("xtrabackup_galera_info")).toBeUndefined();
    }
    const changed = Buffer.from(whole);
    changed.writeUInt8(changed.readUInt8(60) ^ 1, 60);
    await expect(read(changed)).rejects.toThrow("was changed");
  });

  it("may hold chunks that say of themselves that they can be passed over, and no other unknown ones", async () => {
    const header = (flags: number) =>
      Buffer.concat([Buffer.from("XBSTCK01"), Buffer.from([flags]), Buffer.from("Z"), Buffer.from([1, 0, 0, 0]), Buffer.from("p")]); // prettier-ignore
    expect((await read(Buffer.concat([header(1), streamOf()]))).files).toBe(2);
    await expect(read(Buffer.concat([header(0), streamOf()]))).rejects.toThrow('unknown type "Z"');
  });

  it("must end each file that it begins", async () => {
    await expect(read(chunk("t.ibd", "rows"))).rejects.toThrow("t.ibd does not end");
    expect((await read(Buffer.concat([chunk("t.ibd", "rows"), ending("t.ibd")]))).files).toBe(1);
    expect(crc32("rows")).toBe(chunk("t.ibd", "rows").readUInt32LE(14 + 5 + 16));
  });
});
