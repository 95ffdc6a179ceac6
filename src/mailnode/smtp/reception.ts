import type { Logger } from "pino";
import type { SMTPServerDataStream, SMTPServerSession } from "smtp-server";
import type { Env } from "../../support/env.ts";
import type { QueueEntry } from "../queue/entry.ts";
import type { QueueRoom } from "../queue/queue-room.ts";
import type { Intake, Spool } from "../queue/spool.ts";
import { asciiMailbox } from "./ascii-mailbox.ts";
import { HopCounter } from "./hop-counter.ts";
import { receivedHeader } from "./received.ts";
import { reply } from "./status-replies.ts";

export interface ReceptionOptions {
  readonly hostname: string;
  readonly maxMessageBytes: number;
  readonly maxReceivedLines: number;
}

/** Takes messages from sessions into the spool; what it resolves for is durable. */
export class Reception {
  readonly #spool: Spool;
  readonly #space: Pick<QueueRoom, "need">;
  readonly #accepted: (entry: QueueEntry) => void;
  readonly #options: ReceptionOptions;
  readonly #env: Env;
  readonly #log: Logger;

  /** @param accepted is told of every durable message before its sender is */
  constructor(
    spool: Spool,
    space: Pick<QueueRoom, "need">,
    accepted: (entry: QueueEntry) => void,
    options: ReceptionOptions,
    env: Env,
    log: Logger,
  ) {
    this.#spool = spool;
    this.#space = space;
    this.#accepted = accepted;
    this.#options = options;
    this.#env = env;
    this.#log = log;
  }

  /** The reply to whoever begins a message while there is no room for any; undefined while there is. */
  async noRoom(): Promise<Error | undefined> {
    return this.#space.need().then(() => undefined, diskReply);
  }

  /**
   * Reads one message to its end and makes it durable; resolves with the text of the 250.
   *
   * Rejects with a reply: 451 or 452 when the disk refuses, 552 when it is too large, 554 when it goes in
   * circles. What was written of a refused message goes at once; the rest is read and dropped, as the client speaks on
   * until its final dot.
   */
  async receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    recipients: readonly string[],
  ): Promise<string> {
    const id = this.#spool.newId();
    const hops = new HopCounter();
    let message = await this.#begin(id, session, recipients).catch((error: unknown) =>
      this.#diskReply(id, error),
    );
    try {
      for await (const piece of stream as AsyncIterable<Uint8Array>) {
        if (message instanceof Error) continue;
        hops.add(piece);
        message = await this.#append(message, piece, this.#objection(stream, hops));
      }
    } catch (error) {
      if (!(message instanceof Error)) await message.abort();
      throw error;
    }
    if (message instanceof Error) throw message;
    return this.#commit(message, session, stream.byteLength);
  }

  /** The message with one piece more, or the reply that refuses it, of which nothing is left then. */
  async #append(message: Intake, piece: Uint8Array, objection: Error | undefined): Promise<Intake | Error> {
    const { id } = message.envelope;
    const written = async (): Promise<void> => {
      await this.#space.need();
      await message.append(piece);
    };
    const refusal =
      objection ??
      (await written().then(
        () => undefined,
        (error: unknown) => this.#diskReply(id, error),
      ));
    if (!refusal) return message;
    await message.abort();
    return refusal;
  }

  async #begin(id: string, session: SMTPServerSession, recipients: readonly string[]): Promise<Intake> {
    await this.#space.need();
    const { mailFrom, bodyType } = session.envelope;
    // What MAIL was answered 250 for has the form.
    const sender = mailFrom ? asciiMailbox(mailFrom.address)! : "";
    const now = this.#env.now();
    const intake = await this.#spool.begin({
      id,
      sender,
      recipients,
      acceptedAt: now,
      eightBit: bodyType === "8bitmime",
    });
    const trace = receivedHeader({
      helo: session.hostNameAppearsAs,
      clientAddress: session.remoteAddress,
      hostname: this.#options.hostname,
      protocol: session.transmissionType,
      id,
      recipients,
      now,
    });
    await intake.append(Buffer.from(trace, "latin1"));
    return intake;
  }

  async #commit(intake: Intake, session: SMTPServerSession, bytes: number): Promise<string> {
    const { id, sender, recipients } = intake.envelope;
    const entry = await intake.commit().catch((error: unknown) => {
      throw this.#diskReply(id, error);
    });
    this.#log.info(
      { id, sender, recipients: recipients.length, bytes, client: session.remoteAddress },
      "queued",
    );
    this.#accepted(entry);
    return `2.0.0 queued as ${id}`;
  }

  #objection(stream: SMTPServerDataStream, hops: HopCounter): Error | undefined {
    const { maxMessageBytes, maxReceivedLines } = this.#options;
    if (stream.sizeExceeded) return reply(552, `5.3.4 Message is larger than ${maxMessageBytes} bytes`);
    if (hops.count > maxReceivedLines)
      return reply(554, `5.4.6 More than ${maxReceivedLines} Received lines: a mail loop`);
    return undefined;
  }

  #diskReply(id: string, error: unknown): Error {
    this.#log.error({ id, err: error }, "the spool refused a message");
    return diskReply(error);
  }
}

/** The disk, or what memory the queue may take. */
const FULL: ReadonlySet<string | undefined> = new Set(["ENOSPC", "ENOMEM"]);

function diskReply(error: unknown): Error {
  return FULL.has((error as NodeJS.ErrnoException).code)
    ? reply(452, "4.3.1 No space left, try again later")
    : reply(451, "4.3.0 Message could not be stored, try again later");
}
