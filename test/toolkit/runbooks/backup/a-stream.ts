import { crc32 } from "node:zlib";

/* A stream as mariadb-backup 10.11 writes it, with two small files. */

export const POSITION = "82427ec6-e685-11f1-923a-a2e7766fb756:31";

export function chunk(path: string, text: string): Buffer {
  const numbers = Buffer.alloc(20);
  numbers.writeBigUInt64LE(BigInt(Buffer.byteLength(text)), 0);
  numbers.writeUInt32LE(crc32(text), 16);
  return Buffer.concat([head("P", path), numbers, Buffer.from(text)]);
}

export function ending(path: string): Buffer {
  return head("E", path);
}

function head(type: string, path: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(path));
  return Buffer.concat([
    Buffer.from("XBSTCK01"),
    Buffer.from([0]),
    Buffer.from(type),
    length,
    Buffer.from(path),
  ]);
}

export function streamOf(position = POSITION): Buffer {
  const info = "xtrabackup_galera_info";
  const rows = "rows ".repeat(20);
  return Buffer.concat([
    chunk("app/t.ibd", rows),
    ending("app/t.ibd"),
    chunk(info, `${position} 0\n`),
    ending(info),
  ]);
}
