/** The connection by which this node sends to one peer: dialled again and again, with a queue that is bounded. */
import { once } from "node:events";
import { checkServerIdentity, connect, type SecureContext, type TLSSocket } from "node:tls";
import type { Env } from "../../../support/env.ts";
import { encodeFrame, type Frame } from "../wire/frame.ts";
import { FrameDecoder } from "../wire/frame-decoder.ts";
import { decodeReply, encodeHello, GREETING_MAX_BYTES, type Hello } from "./greeting.ts";
import type { PeerAddress, TlsLimits } from "./tls-options.ts";

export interface OutgoingLinkOptions {
  readonly hello: Hello;
  readonly address: PeerAddress;
  readonly env: Env;
  readonly limits: TlsLimits;
  /** The one in force when it is called. */
  readonly context: () => SecureContext;
  readonly broken: () => void;
  readonly report: (problem: string) => void;
}

/** A connection that lived so long was a good one: the next dial need not wait for longer than the first. */
const GOOD_MS = 1000;

export class OutgoingLink {
  readonly #options: OutgoingLinkOptions;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  /** The connection, once the peer has said welcome. */
  #socket: TLSSocket | undefined;
  /** When the peer last took something, or had nothing to take. */
  #progressAt = 0;
  #corked = false;

  constructor(options: OutgoingLinkOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  get address(): PeerAddress {
    return this.#options.address;
  }

  /** Whether the peer has said welcome and is still there, as far as this end knows. */
  get connected(): boolean {
    return this.#socket?.destroyed === false;
  }

  /** Bytes that wait for the peer. */
  get queued(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** False when it was dropped: no connection, or too much waits. */
  send(frame: Frame): boolean {
    const socket = this.#socket;
    const { env, limits, address } = this.#options;
    if (socket === undefined || socket.destroyed) return false;
    const now = env.monotonic();
    if (socket.writableLength === 0) this.#progressAt = now;
    else if (now - this.#progressAt > limits.stallMs) {
      socket.destroy(new Error(`the peer took nothing for ${limits.stallMs} ms`));
      return false;
    }
    if (socket.writableLength > limits.maxQueueBytes) return false;
    this.#cork(socket);
    const [header, payload] = encodeFrame(frame, address.compress);
    socket.write(header);
    socket.write(payload, () => {
      this.#progressAt = env.monotonic();
    });
    return true;
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#socket?.destroy();
    await this.#running;
  }

  /** What is sent in one turn leaves in one record. */
  #cork(socket: TLSSocket): void {
    if (this.#corked) return;
    this.#corked = true;
    socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      socket.uncork();
    });
  }

  async #run(): Promise<void> {
    const { env, limits, broken, report } = this.#options;
    const { signal } = this.#end;
    for (let failures = 0; !signal.aborted; failures++) {
      const began = env.monotonic();
      try {
        await this.#connection();
      } catch (error) {
        if (!signal.aborted) report((error as Error).message);
      }
      if (this.#socket !== undefined) {
        this.#socket = undefined;
        broken();
      }
      if (signal.aborted) return;
      if (env.monotonic() - began > GOOD_MS) failures = 0;
      const longest = Math.min(limits.maxRetryMs, limits.minRetryMs * 2 ** Math.min(failures, 10));
      // Half of it by chance: members that lost the same peer do not come back to it in step.
      await env.sleep(longest * (0.5 + env.random() / 2), signal).catch(() => undefined);
    }
  }

  /** Dials, greets, and holds the connection until it ends. */
  async #connection(): Promise<void> {
    const { hello, address, context } = this.#options;
    const { host, port, name = host } = address;
    const socket = connect({
      host,
      port,
      secureContext: context(),
      // Node's own default can be turned off by the environment.
      rejectUnauthorized: true,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    });
    const stop = (): void => void socket.destroy();
    this.#end.signal.addEventListener("abort", stop, { once: true });
    // Kept from the beginning: an error that comes between two waits must find a listener.
    const closed = new Promise<void>((resolve, reject) => {
      socket.once("error", (error: Error) =>
        reject(new Error(`${hello.to} at ${host}:${port}: ${error.message}`)),
      );
      socket.once("close", () => resolve());
    });
    closed.catch(() => undefined);
    try {
      socket.setNoDelay(true).setKeepAlive(true, 10_000);
      await this.#within(Promise.race([this.#greet(socket), closed]));
      if (socket.destroyed) return await closed;
      this.#socket = socket;
      this.#progressAt = this.#options.env.monotonic();
      await closed;
    } finally {
      this.#end.signal.removeEventListener("abort", stop);
      socket.destroy();
    }
  }

  async #greet(socket: TLSSocket): Promise<void> {
    await once(socket, "secureConnect");
    const { hello } = this.#options;
    for (const bytes of encodeFrame(encodeHello(hello))) socket.write(bytes);
    const decoder = new FrameDecoder(GREETING_MAX_BYTES);
    await new Promise<void>((resolve) => {
      socket.on("data", (chunk: Buffer) => {
        try {
          for (const frame of decoder.push(chunk)) {
            const refusal = decodeReply(frame);
            if (refusal !== undefined) throw new Error(`${hello.to} refuses this node: ${refusal}`);
            resolve();
          }
        } catch (error) {
          socket.destroy(error as Error);
        }
      });
    });
  }

  async #within(work: Promise<void>): Promise<void> {
    const { env, limits, hello } = this.#options;
    const enough = new AbortController();
    const late = env.sleep(limits.greetingMs, enough.signal).then(
      () => Promise.reject(new Error(`${hello.to} did not answer within ${limits.greetingMs} ms`)),
      () => undefined,
    );
    try {
      await Promise.race([work, late]);
    } finally {
      enough.abort();
    }
  }
}
