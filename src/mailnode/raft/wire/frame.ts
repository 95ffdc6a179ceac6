import { constants, crc32, deflateRawSync, inflateRawSync } from "node:zlib";

/**
 * version u8, kind u8, flags u8, zero u8, length u32, CRC-32 u32 of the eight bytes before and of the payload. Numbers
 * are little-endian. A compressed payload (raw deflate, RFC 1951) begins with its real length as u32.
 *
 * The line has TLS's own seal; the checksum finds what went wrong at either end of it. It is zlib's, which takes a quarter
 * of the time of the log's CRC-32C for a frame of some ten thousand bytes.
 */
export const FRAME_HEADER = 12;

/** The bytes of it before the checksum. */
const CHECKED_OF_HEADER = 8;

export const FRAME_VERSION = 1;

const COMPRESSED = 1;

/** Below this a frame only grows by compression. */
const WORTH_COMPRESSING = 256;

/** Bytes that are not frames of this version and limit: the connection must be given up. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FrameError";
  }
}

export interface Frame {
  /** What the payload is, 0 to 255: the two ends agree on it. */
  readonly kind: number;
  readonly payload: Uint8Array;
}

export interface FrameHeader {
  readonly kind: number;
  readonly compressed: boolean;
  /** Of the payload as it travels. */
  readonly length: number;
  readonly crc: number;
}

/**
 * A frame as two pieces to write one after the other, so that the payload is not copied. With `compress` the
 * payload travels compressed when that makes it smaller: for links between regions.
 */
export function encodeFrame(
  frame: Frame,
  compress = false,
): readonly [header: Uint8Array, payload: Uint8Array] {
  const packed = compress ? pack(frame.payload) : undefined;
  const payload = packed ?? frame.payload;
  const header = new Uint8Array(FRAME_HEADER);
  const view = new DataView(header.buffer);
  header[0] = FRAME_VERSION;
  header[1] = frame.kind;
  header[2] = packed ? COMPRESSED : 0;
  view.setUint32(4, payload.length, true);
  view.setUint32(8, checksum(header, payload), true);
  return [header, payload];
}

/** Throws FrameError for another version, unknown flags, or a payload above `maxPayload` bytes. */
export function readFrameHeader(header: Uint8Array, maxPayload: number): FrameHeader {
  const view = new DataView(header.buffer, header.byteOffset, FRAME_HEADER);
  if (header[0] !== FRAME_VERSION) throw new FrameError(`version ${header[0]} is not ${FRAME_VERSION}`);
  const flags = header[2]!;
  if ((flags & ~COMPRESSED) !== 0 || header[3] !== 0) throw new FrameError(`flags ${flags} are not known`);
  const length = view.getUint32(4, true);
  if (length > maxPayload)
    throw new FrameError(`a frame of ${length} bytes is above the limit of ${maxPayload}`);
  return { kind: header[1]!, compressed: flags === COMPRESSED, length, crc: view.getUint32(8, true) };
}

/** The frame of this header and payload. Throws FrameError when they are not what was sent. */
export function openFrame(
  header: Uint8Array,
  { kind, compressed, crc }: FrameHeader,
  payload: Uint8Array,
  maxPayload: number,
): Frame {
  if (checksum(header, payload) !== crc) throw new FrameError("a frame's checksum is wrong");
  return { kind, payload: compressed ? unpack(payload, maxPayload) : payload };
}

function checksum(header: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(header.subarray(0, CHECKED_OF_HEADER)));
}

function pack(payload: Uint8Array): Uint8Array | undefined {
  if (payload.length < WORTH_COMPRESSING) return undefined;
  const deflated = deflateRawSync(payload, { level: constants.Z_BEST_SPEED });
  if (deflated.length + 4 >= payload.length) return undefined;
  const packed = new Uint8Array(4 + deflated.length);
  new DataView(packed.buffer).setUint32(0, payload.length, true);
  packed.set(deflated, 4);
  return packed;
}

/** Never makes more than is announced, and announces no more than the limit: a bomb is refused unopened. */
function unpack(packed: Uint8Array, maxPayload: number): Uint8Array {
  if (packed.length < 4) throw new FrameError("a compressed frame does not say its length");
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  if (length === 0 || length > maxPayload)
    throw new FrameError(`a compressed frame of ${length} bytes is above the limit of ${maxPayload}`);
  let payload: Uint8Array;
  try {
    payload = inflateRawSync(packed.subarray(4), { maxOutputLength: length });
  } catch (cause) {
    throw new FrameError(`a compressed frame cannot be opened (${(cause as Error).message})`);
  }
  if (payload.length !== length)
    throw new FrameError(`a compressed frame holds ${payload.length} bytes and announced ${length}`);
  return payload;
}
