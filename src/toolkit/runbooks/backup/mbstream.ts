import { crc32 } from "node:zlib";

/*
 * The stream of mariadb-backup (MariaDB's source, extra/mariabackup/xbstream_read.c): chunks of the form
 *   "XBSTCK01", flags (1 byte), type (1), length of the path (4), path,
 * and for type "P" also length (8), offset (8) and CRC-32 (4) of the payload, then the payload. Numbers are
 * little-endian. A chunk of type "E" ends a file.
 */

const MAGIC = "XBSTCK01";
const HEADER_BYTES = 14;
const PAYLOAD_HEADER_BYTES = 20;
const LONGEST_PATH = 512;
/** mbstream itself refuses what is longer. */
const LONGEST_PAYLOAD = 1024 ** 3;
const IGNORABLE = 1;

export interface StreamContent {
  /** Files that were begun and ended. */
  readonly files: number;
  /** What they hold together. */
  readonly bytes: number;
  /** Text of those that were asked for. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Reads a stream to its end and checks every part of it. Throws an Error that says what is wrong with the first bad
 * chunk, or with the end.
 *
 * @param wanted paths whose text is returned; small ones
 */
export async function readMbstream(
  stream: AsyncIterable<Uint8Array>,
  wanted: readonly string[],
): Promise<StreamContent> {
  const reader = new Reader(stream);
  const open = new Set<string>();
  const texts = new Map<string, string>();
  let files = 0;
  let bytes = 0;
  for (;;) {
    const header = await reader.take(HEADER_BYTES);
    if (header === undefined) break;
    if (header.toString("latin1", 0, 8) !== MAGIC) throw new Error("a chunk begins with something else");
    const pathBytes = header.readUInt32LE(10);
    if (pathBytes === 0 || pathBytes > LONGEST_PATH) throw new Error(`a path of ${pathBytes} bytes`);
    const path = (await reader.need(pathBytes)).toString("utf8");
    const type = header.toString("latin1", 9, 10);
    if (type === "E") {
      open.delete(path);
      files++;
    } else if (type === "P") {
      open.add(path);
      const payload = await readPayload(reader, path);
      bytes += payload.length;
      if (wanted.includes(path)) texts.set(path, (texts.get(path) ?? "") + payload.toString("utf8"));
    } else if ((header.readUInt8(8) & IGNORABLE) === 0) {
      throw new Error(`a chunk of ${path} is of the unknown type ${JSON.stringify(type)}`);
    }
  }
  if (open.size > 0) throw new Error(`${[...open][0]} does not end`);
  return { files, bytes, texts };
}

async function readPayload(reader: Reader, path: string): Promise<Buffer> {
  const header = await reader.need(PAYLOAD_HEADER_BYTES);
  const bytes = Number(header.readBigUInt64LE(0));
  if (bytes > LONGEST_PAYLOAD) throw new Error(`a chunk of ${path} of ${bytes} bytes`);
  const payload = await reader.need(bytes);
  if (crc32(payload) !== header.readUInt32LE(16)) throw new Error(`a chunk of ${path} was changed`);
  return payload;
}

/** Bytes of a stream in pieces of any length. */
class Reader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunks: Uint8Array[] = [];
  #held = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#source = stream[Symbol.asyncIterator]();
  }

  /** Undefined where nothing more comes. */
  async take(bytes: number): Promise<Buffer | undefined> {
    while (this.#held < bytes) {
      const next = await this.#source.next();
      if (next.done) {
        if (this.#held === 0) return undefined;
        throw new Error("it is cut off");
      }
      this.#chunks.push(next.value);
      this.#held += next.value.length;
    }
    const [first] = this.#chunks;
    const all =
      this.#chunks.length === 1
        ? Buffer.from(first!.buffer, first!.byteOffset, first!.length)
        : Buffer.concat(this.#chunks);
    this.#chunks = all.length > bytes ? [all.subarray(bytes)] : [];
    this.#held -= bytes;
    return all.subarray(0, bytes);
  }

  async need(bytes: number): Promise<Buffer> {
    if (bytes === 0) return Buffer.alloc(0);
    const taken = await this.take(bytes);
    if (taken === undefined) throw new Error("it is cut off");
    return taken;
  }
}
