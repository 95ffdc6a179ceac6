import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** One file of an archive. Times are 0 and owners root, so that the same content gives the same bytes. */
export interface TarEntry {
  /** At most 100 bytes, with the folder's name. Folders need no entries of their own. */
  readonly path: string;
  readonly mode: number;
  /** Its content, or a file of this machine to read it from. */
  readonly content: string | { readonly file: string };
}

const BLOCK = 512;

/** A tar archive in the ustar format (POSIX.1-1988), piece by piece. */
export async function* tar(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array> {
  for (const { path, mode, content } of entries) {
    const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : undefined;
    const size = bytes ? bytes.length : (await stat((content as { file: string }).file)).size;
    yield header(path, mode, size);
    if (bytes) yield bytes;
    else yield* createReadStream((content as { file: string }).file);
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function header(path: string, mode: number, size: number): Uint8Array {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`${path} is longer than a ustar name may be`);
  const block = Buffer.alloc(BLOCK);
  const number = (value: number, at: number, width: number): number =>
    block.write(value.toString(8).padStart(width - 1, "0"), at);
  block.write(path, 0);
  number(mode, 100, 8);
  number(0, 108, 8);
  number(0, 116, 8);
  number(size, 124, 12);
  number(0, 136, 12);
  block.write("0", 156);
  block.write("ustar\0" + "00", 257);
  block.write("root", 265);
  block.write("root", 297);
  // The sum is taken with its own field full of spaces, and ends in a zero and a space.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
