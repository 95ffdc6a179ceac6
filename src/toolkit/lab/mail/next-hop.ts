import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerDataStream } from "smtp-server";

/** One message that came in. */
export interface Arrival {
  /** From its Message-ID: the sender's own id, without the domain. */
  readonly id: string;
  /** The id under which the mail node queued it, from its topmost Received line. */
  readonly queueId: string;
  readonly recipients: readonly string[];
}

/** How long open sessions may live on after a stop, in milliseconds. */
const CLOSE_MS = 50;

/**
 * Where a cluster in the lab relays to: an SMTP server in this process that takes everything, remembers what
 * came, and can be stopped and started again on the same port.
 */
export class NextHop {
  readonly #host: string;
  #port: number;
  #server: SMTPServer | undefined;
  readonly #arrivals: Arrival[] = [];
  readonly #watchers = new Set<() => void>();

  private constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** Port 0 takes a free one. Rejects with EADDRINUSE or EADDRNOTAVAIL. */
  static async start(host: string, port = 0): Promise<NextHop> {
    const hop = new NextHop(host, port);
    await hop.resume();
    return hop;
  }

  get port(): number {
    return this.#port;
  }

  /** Everything that came since the first start, in order. */
  get arrivals(): readonly Arrival[] {
    return this.#arrivals;
  }

  /** Opens the port again. Says nothing when it is open. */
  async resume(): Promise<void> {
    if (this.#server) return;
    const server = new SMTPServer({
      disabledCommands: ["AUTH"],
      disableReverseLookup: true,
      closeTimeout: CLOSE_MS,
      // Without it the library warns about its built-in certificate, which is good enough for a sink.
      logger: false,
      onData: (stream, session, done) => {
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        this.#take(stream, recipients).then(() => done(), done);
      },
    });
    const listening = once(server.server, "listening");
    server.listen(this.#port, this.#host);
    await listening;
    // A mail node that is killed while it speaks is what the lab is for.
    server.on("error", () => undefined);
    this.#port = (server.server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Closes the port and ends every session. Says nothing when it is closed. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise<void>((resolve) => server.close(resolve));
  }

  /** Resolves once every id has arrived; rejects with those that have not after `timeoutMs`. */
  waitFor(ids: Iterable<string>, timeoutMs: number): Promise<void> {
    const wanted = new Set(ids);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        for (const { id } of this.#arrivals) wanted.delete(id);
        if (wanted.size > 0) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(
          new Error(
            `${wanted.size} messages did not arrive in ${timeoutMs} ms: ${[...wanted].slice(0, 5).join(", ")}`,
          ),
        );
      }, timeoutMs);
      const end = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  async #take(stream: SMTPServerDataStream, recipients: readonly string[]): Promise<void> {
    let text = "";
    for await (const piece of stream as AsyncIterable<Uint8Array>)
      text += Buffer.from(piece).toString("latin1");
    const header = text.slice(0, text.search(/\r?\n\r?\n/));
    const id = /^message-id:\s*<([^@>]*)/im.exec(header)?.[1] ?? "";
    const queueId = /^received:(?:.|\r?\n[ \t])*?\sid\s([\w-]+)/im.exec(header)?.[1] ?? "";
    this.#arrivals.push({ id, queueId, recipients });
    for (const look of [...this.#watchers]) look();
  }
}
