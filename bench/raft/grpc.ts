/**
 * Unary gRPC calls over HTTP/2 without TLS, both ends of them (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md). Headers are
 * written as literals (RFC 7541, 6.2.2) and not read: an answer with a message is a good one, as a call that failed
 * has no message; and our server knows the headers of its one kind of client byte by byte.
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  Frames,
  GOAWAY,
  HEADERS,
  PREFACE,
  RST_STREAM,
  type Frame,
} from "./http2-frames.ts";

/** The call came to nothing, or nobody knows what it came to. */
export class CallFailed extends Error {}

/** ":method: POST" and ":scheme: http" of the static table. */
const POST_HTTP = Buffer.from([0x83, 0x86]);
/** ":status: 200" of the static table. */
const OK = Buffer.from([0x88]);

const requestHeaders = (method: string): Buffer =>
  Buffer.concat([
    POST_HTTP,
    literal(":path", method),
    literal(":authority", "bench"),
    literal("content-type", "application/grpc"),
    literal("te", "trailers"),
  ]);

interface Call {
  readonly answered: (message: Uint8Array) => void;
  readonly failed: (error: CallFailed) => void;
  readonly chunks: Buffer[];
}

/** A connection to one member. */
export class Channel {
  readonly #socket: Socket;
  readonly #frames: Frames;
  readonly #calls = new Map<number, Call>();
  readonly #headers = new Map<string, Buffer>();
  #next = 1;
  #closed = false;

  constructor(endpoint: string) {
    const [host, port] = endpoint.split(":");
    this.#socket = connect(Number(port), host);
    this.#frames = new Frames(this.#socket, (frame) => this.#take(frame));
    // Before the settings, which were the first to be queued.
    this.#socket.write(PREFACE);
    this.#socket.once("close", () => this.#end());
  }

  /** Rejects with CallFailed when there is no good answer within `timeoutMs`. */
  call(method: string, message: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new CallFailed("the connection is closed"));
      const stream = this.#next;
      this.#next += 2;
      const limit = setTimeout(() => this.#fail(stream, "there was no answer in time"), timeoutMs);
      this.#calls.set(stream, {
        answered: (answer) => {
          clearTimeout(limit);
          resolve(answer);
        },
        failed: (error) => {
          clearTimeout(limit);
          reject(error);
        },
        chunks: [],
      });
      const headers = this.#headers.get(method) ?? requestHeaders(method);
      this.#headers.set(method, headers);
      this.#frames.send(HEADERS, END_HEADERS, stream, headers);
      this.#frames.send(DATA, END_STREAM, stream, prefixOf(message), message);
    });
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  #take({ type, flags, stream, payload }: Frame): void {
    if (type === GOAWAY) return this.close();
    const call = this.#calls.get(stream);
    if (call === undefined) return;
    if (type === RST_STREAM) return this.#fail(stream, "the call was reset");
    if (type === DATA) call.chunks.push(payload);
    if ((type !== DATA && type !== HEADERS) || (flags & END_STREAM) === 0) return;
    if (call.chunks.length === 0) return this.#fail(stream, "it was refused");
    this.#calls.delete(stream);
    call.answered(unframed(call.chunks));
  }

  #fail(stream: number, why: string): void {
    const call = this.#calls.get(stream);
    this.#calls.delete(stream);
    call?.failed(new CallFailed(why));
  }

  #end(): void {
    this.#closed = true;
    for (const stream of this.#calls.keys()) this.#fail(stream, "the connection broke");
  }
}

/** Answers with a message, or throws: then the call is "unavailable". */
export type Handler = (request: Uint8Array) => Promise<Uint8Array> | Uint8Array;

const ANSWER = Buffer.concat([OK, literal("content-type", "application/grpc")]);
const GOOD_END = literal("grpc-status", "0");
const UNAVAILABLE = Buffer.concat([ANSWER, literal("grpc-status", "14")]);

/** A server of these methods, for the channel above and no other client. Rejects with what node:net says. */
export async function serve(
  handlers: Readonly<Record<string, Handler>>,
  host: string,
  port: number,
): Promise<Server> {
  const methods = Object.entries(handlers).map(([method, handler]) => ({
    headers: requestHeaders(method),
    handler,
  }));
  const server = createServer((socket) => {
    const streams = new Map<number, { readonly handler: Handler | undefined; readonly chunks: Buffer[] }>();
    const frames = new Frames(
      socket,
      ({ type, flags, stream, payload }) => {
        if (type === HEADERS)
          streams.set(stream, {
            handler: methods.find(({ headers }) => headers.equals(payload))?.handler,
            chunks: [],
          });
        const call = streams.get(stream);
        if (type !== DATA || call === undefined) return;
        call.chunks.push(payload);
        if ((flags & END_STREAM) === 0) return;
        streams.delete(stream);
        void answer(frames, stream, call.handler, unframed(call.chunks));
      },
      PREFACE.length,
    );
  });
  server.listen(port, host);
  await once(server, "listening");
  return server;
}

async function answer(
  frames: Frames,
  stream: number,
  handler: Handler | undefined,
  request: Uint8Array,
): Promise<void> {
  try {
    const message = await handler!(request);
    frames.send(HEADERS, END_HEADERS, stream, ANSWER);
    frames.send(DATA, 0, stream, prefixOf(message), message);
    frames.send(HEADERS, END_HEADERS | END_STREAM, stream, GOOD_END);
  } catch {
    frames.send(HEADERS, END_HEADERS | END_STREAM, stream, UNAVAILABLE);
  }
}

/** A header that nobody is to remember, without an index and without Huffman's code. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name, "latin1"),
    Buffer.from([value.length]),
    Buffer.from(value, "latin1"),
  ]);
}

const PREFIX = Buffer.alloc(5);

/** A flag (not compressed) and the length of a message, which follows. The next one takes its place. */
function prefixOf(message: Uint8Array): Uint8Array {
  PREFIX.writeUInt32BE(message.length, 1);
  return PREFIX;
}

function unframed(chunks: readonly Buffer[]): Uint8Array {
  const frame = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  return frame.subarray(5);
}
