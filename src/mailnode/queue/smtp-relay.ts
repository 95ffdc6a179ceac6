import { Readable } from "node:stream";
import SMTPConnection, { type SMTPConnectionSendInfo } from "nodemailer/lib/smtp-connection";
import type { QueueEntry } from "./entry.ts";
import type { Outcome, Relay, RelayResult } from "./relay.ts";

export interface SmtpRelayOptions {
  readonly host: string;
  readonly port: number;
  /** What we say in EHLO. */
  readonly hostname: string;
  readonly connectTimeoutMs: number;
}

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

/** One session. Rejects when it did not come as far as MAIL; a 5xx greeting is no verdict on a message. */
async function attempt(
  options: SmtpRelayOptions,
  entry: QueueEntry,
  body: AsyncIterable<Uint8Array>,
  ignoreTLS: boolean,
): Promise<RelayResult> {
  const connection = new SMTPConnection({
    host: options.host,
    port: options.port,
    name: options.hostname,
    connectionTimeout: options.connectTimeoutMs,
    greetingTimeout: options.connectTimeoutMs,
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
  const from: string | false = entry.envelope.sender || false;
  const envelope = {
    from,
    to: [...pending],
    use8BitMime: entry.envelope.eightBit,
  };
  const { error, info } = await new Promise<{ error?: ReplyError; info?: SMTPConnectionSendInfo }>(
    (resolve) => {
      connection.send(envelope, Readable.from(body), (failure, success) =>
        resolve(failure ? { error: failure as ReplyError } : { info: success }),
      );
    },
  );
  if (!error) connection.quit();
  const refusals = new Map(
    (error?.rejectedErrors ?? (info?.rejectedErrors as readonly ReplyError[] | undefined) ?? []).map(
      (refusal) => [refusal.recipient, refusal],
    ),
  );
  const refusalOf = (recipient: string): ReplyError | undefined => refusals.get(recipient) ?? error;
  return {
    nextHop: pending.every((recipient) => isOfSession(refusalOf(recipient))) ? "refuses" : "works",
    outcomes: new Map(
      pending.map((recipient) => {
        const refusal = refusalOf(recipient);
        return [recipient, refusal ? outcomeOf(refusal) : { status: "delivered" }];
      }),
    ),
  };
}

function unreached(entry: QueueEntry, error: ReplyError): RelayResult {
  const outcome: Outcome = { status: "deferred", reason: error.response ?? error.message };
  return { nextHop: "away", outcomes: new Map(entry.state.pending.map((recipient) => [recipient, outcome])) };
}

/**
 * 530 and 538 (RFC 3207, RFC 4954) want TLS or a log-in first, whoever sends what to whom: with a handshake that fails
 * for a while, a next hop that demands TLS says so in the plain session after it.
 */
function isOfSession(error: ReplyError | undefined): boolean {
  return error?.responseCode === 530 || error?.responseCode === 538;
}

/** A 5xx on the message is for good, and so is an address that cannot be said in SMTP; all else may change. */
function outcomeOf(error: ReplyError): Outcome {
  const reason = (error.response ?? error.message).replaceAll(/\s+/g, " ");
  if (error.code === "EENVELOPE" && error.command === "API")
    return { status: "rejected", code: "5.1.3", reason };
  if (error.responseCode === undefined || error.responseCode < 500 || isOfSession(error))
    return { status: "deferred", reason };
  return {
    status: "rejected",
    code: /^\d{3}[ -](5\.\d{1,3}\.\d{1,3})\b/.exec(reason)?.[1] ?? "5.0.0",
    reason,
  };
}
