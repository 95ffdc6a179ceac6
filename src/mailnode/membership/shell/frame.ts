import type { Socket } from "node:net";
import { MAX_FRAME_BYTES } from "./transport.ts";

const LENGTH_BYTES = 4;

/** A text with its length in front. */
export function frame(text: Uint8Array): Uint8Array {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
}

/**
 * The one frame that the other side sends. Rejects when the stream ends or breaks before its end, or the
 * length is over MAX_FRAME_BYTES; holds no more than was sent.
 */
export async function readFrame(socket: Socket): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let have = 0;
  let want = LENGTH_BYTES;
  let isHeadRead = false;
  for await (const piece of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    pieces.push(piece);
    have += piece.length;
    if (!isHeadRead && have >= LENGTH_BYTES) {
      isHeadRead = true;
      want += Buffer.concat(pieces).readUInt32BE();
      if (want > LENGTH_BYTES + MAX_FRAME_BYTES)
        throw new Error(`a frame of ${want - LENGTH_BYTES} bytes is too long`);
    }
    if (isHeadRead && have >= want) return Buffer.concat(pieces).subarray(LENGTH_BYTES, want);
  }
  throw new Error(`the stream ended after ${have} of ${want} bytes`);
}
