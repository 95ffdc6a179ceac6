import {
  FRAME_HEADER,
  FrameError,
  openFrame,
  readFrameHeader,
  type Frame,
  type FrameHeader,
} from "./frame.ts";

/** What is made room for before the bytes are there: a header alone must not cost a peer's announced length. */
const FIRST_ROOM = 64 * 1024;

/**
 * Cuts a stream of bytes into frames, however the pieces fall. Holds at most one unfinished frame and never more
 * than twice what of it has arrived (64 KiB at least).
 */
export class FrameDecoder {
  readonly #maxPayload: number;
  readonly #head = new Uint8Array(FRAME_HEADER);
  #header: FrameHeader | undefined;
  #payload: Uint8Array = new Uint8Array(0);
  /** Bytes that are there of the header, or of the payload once the header is whole. */
  #have = 0;
  #broken: FrameError | undefined;

  /** Frames whose payload, opened, is above `maxPayload` bytes are refused. */
  constructor(maxPayload: number) {
    this.#maxPayload = maxPayload;
  }

  /** Bytes held for a frame that is not whole yet. */
  get held(): number {
    return this.#payload.length;
  }

  /**
   * The frames that these bytes complete, each payload in memory of its own. Throws FrameError, then and at
   * every later call: after a bad frame nothing says where the next one begins.
   */
  *push(bytes: Uint8Array): Generator<Frame> {
    if (this.#broken) throw this.#broken;
    try {
      for (let at = 0; at < bytes.length;) {
        at += this.#header ? this.#takePayload(bytes, at) : this.#takeHeader(bytes, at);
        const frame = this.#finished();
        if (frame) yield frame;
      }
    } catch (error) {
      if (error instanceof FrameError) this.#broken = error;
      throw error;
    }
  }

  #takeHeader(bytes: Uint8Array, at: number): number {
    const taken = Math.min(FRAME_HEADER - this.#have, bytes.length - at);
    this.#head.set(bytes.subarray(at, at + taken), this.#have);
    this.#have += taken;
    if (this.#have === FRAME_HEADER) {
      this.#header = readFrameHeader(this.#head, this.#maxPayload);
      this.#payload = new Uint8Array(Math.min(this.#header.length, FIRST_ROOM));
      this.#have = 0;
    }
    return taken;
  }

  #takePayload(bytes: Uint8Array, at: number): number {
    const { length } = this.#header!;
    const taken = Math.min(length - this.#have, bytes.length - at);
    if (this.#have + taken > this.#payload.length) {
      const room = Math.min(length, Math.max(this.#have + taken, this.#payload.length * 2));
      const grown = new Uint8Array(room);
      grown.set(this.#payload.subarray(0, this.#have));
      this.#payload = grown;
    }
    this.#payload.set(bytes.subarray(at, at + taken), this.#have);
    this.#have += taken;
    return taken;
  }

  #finished(): Frame | undefined {
    if (!this.#header || this.#have < this.#header.length) return undefined;
    const frame = openFrame(this.#head, this.#header, this.#payload, this.#maxPayload);
    this.#header = undefined;
    this.#payload = new Uint8Array(0);
    this.#have = 0;
    return frame;
  }
}
