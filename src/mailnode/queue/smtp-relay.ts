import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { QueueEntry } from "./entry.ts";
import type { Outcome, Relay, RelayResult } from "./relay.ts";

export interface SmtpRelayOptions {
  readonly host: string;
  readonly port: number;
  /** What we say in EHLO. */
  readonly hostname: string;
  /** For the look-up of the name and the TCP connection alone. */
  readonly connectTimeoutMs: number;
}

/** RFC 5321 section 4.5.3.2.1: a client waits five minutes for the greeting. A TLS handshake has as long. */
const GREETING_TIMEOUT_MS = 5 * 60_000;
/** RFC 5321 section 4.5.3.2.6: a client waits ten minutes for the answer to the final dot. */
const REPLY_TIMEOUT_MS = 10 * 60_000;

/** What nodemailer's client puts on its errors. */
interface ReplyError extends Error {
  readonly code?: string;
  readonly command?: string;
  /** The whole reply; absent when there was none. */
  readonly response?: string;
  readonly responseCode?: number;
  readonly recipient?: string;
  /** Ours: it came from the TLS handshake. */
  readonly duringTls?: boolean;
}

/** The envelope that nodemailer's client is given, on which it writes what each command was answered. */
interface SpokenEnvelope {
  readonly from: string | false;
  readonly to: string[];
  readonly use8BitMime: boolean;
  readonly mailError?: ReplyError;
  readonly rejectedErrors?: readonly ReplyError[];
}

/**
 * Relays by SMTP, one connection per message, with opportunistic TLS: used when offered, without asking who
 * the other is, and done without when the handshake fails (RFC 7435).
 */
export function smtpRelay(options: SmtpRelayOptions): Relay {
  return async (entry, body) => {
    try {
      return await attempt(options, entry, body, false);
    } catch (error) {
      if (!(error as ReplyError).duringTls) return unreached(entry, error as ReplyError);
    }
    try {
      return await attempt(options, entry, body, true);
    } catch (error) {
      return unreached(entry, error as ReplyError);
    }
  };
}

/**
 * With a limit for connecting that ends once the connection is there. nodemailer's own goes on over the greeting and the
 * TLS handshake: who greets late would get no mail, or only mail without TLS.
 */
class Session extends SMTPConnection {
  #connectBy: number | undefined;

  /** Under nodemailer's name for it. Milliseconds since 1970; undefined: no limit. */
  get _connectionDeadline(): number | undefined {
    return this.stage === "init" ? this.#connectBy : undefined;
  }

  set _connectionDeadline(at: number) {
    this.#connectBy = at;
  }
}

/** One session. Rejects when it did not come as far as MAIL; a 5xx greeting is no verdict on a message. */
async function attempt(
  options: SmtpRelayOptions,
  entry: QueueEntry,
  body: AsyncIterable<Uint8Array>,
  ignoreTLS: boolean,
): Promise<RelayResult> {
  const connection = new Session({
    host: options.host,
    port: options.port,
    name: options.hostname,
    connectionTimeout: options.connectTimeoutMs,
    greetingTimeout: GREETING_TIMEOUT_MS,
    socketTimeout: REPLY_TIMEOUT_MS,
    opportunisticTLS: true,
    ignoreTLS,
    tls: { rejectUnauthorized: false },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      // Stays for the whole session: an error event that nobody hears would end the process.
      connection.on("error", (error: Error) =>
        reject(Object.assign(error, { duringTls: connection.upgrading === true })),
      );
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    // With 421 to STARTTLS nodemailer says that it is connected, without TLS, and ends the session.
    if (connection.destroyed) {
      const response = connection.lastServerResponse || undefined;
      throw Object.assign(new Error("the next hop ended the session"), { response });
    }
    return await transact(connection, entry, body);
  } finally {
    connection.close();
  }
}

async function transact(
  connection: SMTPConnection,
  entry: QueueEntry,
  body: AsyncIterable<Uint8Array>,
): Promise<RelayResult> {
  const { pending } = entry.state;
  const envelope: SpokenEnvelope = {
    from: entry.envelope.sender || false,
    to: [...pending],
    use8BitMime: entry.envelope.eightBit,
  };
  const stream = Readable.from(body);
  const error = await new Promise<ReplyError | undefined>((resolve) => {
    // nodemailer forgets a message whose connection it finds closed when it goes to write; else it tells after "end".
    connection.once("end", () => setImmediate(resolve, new Error("the connection was lost")));
    connection.send(envelope, stream, (failure) => resolve(failure as ReplyError | undefined));
  });
  // An answer within the message leaves it half read, and its file open.
  stream.destroy();
  if (!error) connection.quit();
  const { mailError, rejectedErrors = [] } = envelope;
  const refusals = new Map(rejectedErrors.map((refusal) => [refusal.recipient, refusal]));
  // After a refused MAIL each RCPT that was sent with it is refused too, as one without a MAIL.
  const refusalOf = (recipient: string): ReplyError | undefined =>
    mailError ?? refusals.get(recipient) ?? error;
  const isRefused =
    pending.every((recipient) => isOfSession(refusalOf(recipient))) ||
    [mailError, ...rejectedErrors, error].some(isGoodbye);
  return {
    nextHop: isRefused ? "refuses" : "works",
    outcomes: new Map(
      pending.map((recipient) => {
        const refusal = refusalOf(recipient);
        return [recipient, refusal ? outcomeOf(refusal) : { status: "delivered" }];
      }),
    ),
  };
}

/** What became of a session that did not come as far as MAIL. */
function unreached(entry: QueueEntry, error: ReplyError): RelayResult {
  const outcome: Outcome = { status: "deferred", reason: error.response ?? error.message };
  return {
    // Who greets with a refusal is there: most often it has as many sessions of ours as it wants.
    nextHop: error.response === undefined ? "away" : "refuses",
    outcomes: new Map(entry.state.pending.map((recipient) => [recipient, outcome])),
  };
}

/**
 * 530 and 538 (RFC 3207, RFC 4954) want TLS or a log-in first, whoever sends what to whom: with a handshake that fails
 * for a while, a next hop that demands TLS says so in the plain session after it.
 */
function isOfSession(error: ReplyError | undefined): boolean {
  return error?.responseCode === 530 || error?.responseCode === 538;
}

/** 421 ends the session, whatever was said before it (RFC 5321 section 3.8). */
function isGoodbye(error: ReplyError | undefined): boolean {
  return error?.responseCode === 421;
}

/** What a command or the message was answered, whole; a connection that was lost may have left a part of a reply. */
const VERDICTS: ReadonlySet<string | undefined> = new Set(["EENVELOPE", "EMESSAGE"]);

/** A 5xx on the message is for good, and so is an address that cannot be said in SMTP; all else may change. */
function outcomeOf(error: ReplyError): Outcome {
  const reason = (error.response ?? error.message).replaceAll(/\s+/g, " ");
  if (error.code === "EENVELOPE" && error.command === "API")
    return { status: "rejected", code: "5.1.3", reason };
  const isFinal = VERDICTS.has(error.code) && (error.responseCode ?? 0) >= 500 && !isOfSession(error);
  if (!isFinal) return { status: "deferred", reason };
  return {
    status: "rejected",
    code: /^\d{3}[ -](5\.\d{1,3}\.\d{1,3})\b/.exec(reason)?.[1] ?? "5.0.0",
    reason,
  };
}
