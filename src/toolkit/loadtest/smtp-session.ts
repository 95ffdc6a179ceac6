import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Refusal, TimedOut } from "./failure.ts";

export interface SmtpTarget {
  readonly host: string;
  readonly port: number;
  /** The longest that one reply is waited for. */
  readonly timeoutMs: number;
  /** What the client calls itself. */
  readonly name: string;
}

export interface Envelope {
  readonly from: string;
  readonly to: string;
}

interface Reply {
  readonly code: number;
  readonly text: string;
}

/**
 * A connection to an SMTP server over which many messages go, the commands of each in one packet where the server takes
 * that (RFC 2920). After a failure it is of no use any more.
 */
export class SmtpSession {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #replies: Reply[] = [];
  #line = "";
  #text = "";
  #fault: Error | undefined;
  #wake: (() => void) | undefined;
  #pipelines = false;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(closed()));
  }

  /** Throws a Refusal, TimedOut, or what the network says. */
  static async open({ host, port, timeoutMs, name }: SmtpTarget): Promise<SmtpSession> {
    const session = new SmtpSession(connect({ host, port }), timeoutMs);
    try {
      await session.#expect("the greeting", 220);
      session.#socket.write(`EHLO ${name}\r\n`);
      const { text } = await session.#expect("EHLO", 250);
      session.#pipelines = /^PIPELINING$/im.test(text);
      return session;
    } catch (error) {
      session.#socket.destroy();
      throw error;
    }
  }

  /** Sends a message, whose lines end in CRLF and do not begin with a dot. Returns when the server has answered 250. */
  async send({ from, to }: Envelope, message: string): Promise<void> {
    try {
      const commands = [`MAIL FROM:<${from}>\r\n`, `RCPT TO:<${to}>\r\n`, "DATA\r\n"] as const;
      const expected = [["MAIL", 250], ["RCPT", 250], ["DATA", 354]] as const; // prettier-ignore
      if (this.#pipelines) this.#socket.write(commands.join(""));
      for (const [index, [command, code]] of expected.entries()) {
        if (!this.#pipelines) this.#socket.write(commands[index]!);
        await this.#expect(command, code);
      }
      this.#socket.write(`${message}\r\n.\r\n`);
      await this.#expect("the message", 250);
    } catch (error) {
      this.#socket.destroy();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#socket.end("QUIT\r\n");
    const given = setTimeout(() => this.#socket.destroy(), 1_000);
    await once(this.#socket, "close");
    clearTimeout(given);
  }

  async #expect(what: string, code: number): Promise<Reply> {
    const reply = this.#replies.shift() ?? (await this.#next(what));
    if (reply.code !== code)
      throw new Refusal(reply.code, `${what} was answered ${reply.code} ${reply.text}`);
    return reply;
  }

  async #next(what: string): Promise<Reply> {
    if (this.#fault) throw this.#fault;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, this.#timeoutMs);
    });
    clearTimeout(timer);
    this.#wake = undefined;
    const reply = this.#replies.shift();
    if (reply) return reply;
    throw this.#fault ?? new TimedOut(what, this.#timeoutMs);
  }

  #read(chunk: string): void {
    const lines = (this.#line + chunk).split("\r\n");
    this.#line = lines.pop()!;
    for (const line of lines) {
      this.#text += `${this.#text === "" ? "" : "\n"}${line.slice(4)}`;
      // "250-" goes on, "250 " ends (RFC 5321, 4.2.1).
      if (line[3] === "-") continue;
      this.#replies.push({ code: Number(line.slice(0, 3)), text: this.#text });
      this.#text = "";
    }
    if (this.#replies.length > 0) this.#wake?.();
  }

  #fail(error: Error): void {
    this.#fault ??= error;
    this.#wake?.();
  }
}

function closed(): Error {
  return Object.assign(new Error("the server closed the connection"), { code: "ECONNRESET" });
}
