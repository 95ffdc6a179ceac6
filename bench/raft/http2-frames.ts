/**
 * As much of HTTP/2 (RFC 9113) as unary gRPC needs on connections that both ends of the benchmark know: Node's own
 * module costs more for each call than either of the systems that are to be measured.
 */
import type { Socket } from "node:net";

export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const HEADER_BYTES = 9;
/** What one turn of the loop writes has room in it, mostly. */
const ROOM = 64 * 1024;

const NOTHING: Uint8Array = new Uint8Array(0);

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** One end of a connection: frames out, in one write for each turn of the loop; frames in, with pings answered. */
export class Frames {
  readonly #socket: Socket;
  /** What waits for the end of this turn of the loop. */
  #out = Buffer.allocUnsafe(ROOM);
  #waiting = 0;
  #rest: Buffer = Buffer.alloc(0);
  /** Of the data that came in since the peer was last given room for more. */
  #taken = 0;

  constructor(socket: Socket, take: (frame: Frame) => void, skip = 0) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    let preface = skip;
    socket.on("data", (chunk: Buffer) => {
      let at = 0;
      let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
      if (preface > 0) {
        if (bytes.length < preface) return void (this.#rest = bytes);
        bytes = bytes.subarray(preface);
        preface = 0;
      }
      while (bytes.length - at >= HEADER_BYTES) {
        const end = at + HEADER_BYTES + bytes.readUIntBE(at, 3);
        if (end > bytes.length) break;
        const payload = bytes.subarray(at + HEADER_BYTES, end);
        const frame = {
          type: bytes[at + 3]!,
          flags: bytes[at + 4]!,
          stream: bytes.readUInt32BE(at + 5),
          payload,
        };
        at = end;
        this.#own(frame);
        take(frame);
      }
      this.#rest = bytes.subarray(at);
      this.#giveRoom();
    });
    this.send(SETTINGS, 0, 0, NOTHING);
  }

  /** The payload may come in two pieces, which are copied. */
  send(type: number, flags: number, stream: number, payload: Uint8Array, rest = NOTHING): void {
    const length = payload.length + rest.length;
    const at = this.#room(HEADER_BYTES + length);
    const out = this.#out;
    out.writeUIntBE(length, at, 3);
    out[at + 3] = type;
    out[at + 4] = flags;
    out.writeUInt32BE(stream, at + 5);
    out.set(payload, at + HEADER_BYTES);
    out.set(rest, at + HEADER_BYTES + payload.length);
  }

  /** Where so many bytes begin that are written at the end of this turn. */
  #room(bytes: number): number {
    if (this.#waiting === 0) setImmediate(() => this.#flush());
    const at = this.#waiting;
    this.#waiting += bytes;
    if (this.#waiting > this.#out.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#waiting, 2 * this.#out.length));
      this.#out.copy(larger, 0, 0, at);
      this.#out = larger;
    }
    return at;
  }

  #flush(): void {
    const [out, length] = [this.#out, this.#waiting];
    this.#out = Buffer.allocUnsafe(ROOM);
    this.#waiting = 0;
    if (!this.#socket.destroyed) this.#socket.write(out.subarray(0, length));
  }

  /** What belongs to the connection and not to a stream. */
  #own({ type, flags, payload }: Frame): void {
    if (type === DATA) this.#taken += payload.length;
    else if (type === SETTINGS && (flags & ACK) === 0) this.send(SETTINGS, ACK, 0, NOTHING);
    else if (type === PING && (flags & ACK) === 0) this.send(PING, ACK, 0, payload);
  }

  /** Streams end before their own window does; the connection's is filled up again. */
  #giveRoom(): void {
    if (this.#taken < 16_384) return;
    const room = Buffer.alloc(4);
    room.writeUInt32BE(this.#taken);
    this.send(WINDOW_UPDATE, 0, 0, room);
    this.#taken = 0;
  }
}
