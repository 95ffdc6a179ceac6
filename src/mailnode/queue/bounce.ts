import type { Envelope, FailedRecipient } from "./entry.ts";

/** What a bounce tells: which message, for whom it failed and why. */
export interface BounceFacts {
  /** The node that reports: RFC 3464 Reporting-MTA. */
  readonly hostname: string;
  /** The next hop, RFC 3464 Remote-MTA. */
  readonly remote: string;
  readonly original: Envelope;
  /** The header of the original, without the blank line after it. */
  readonly originalHeader: string;
  readonly failures: readonly FailedRecipient[];
  /** The bounce's own id and time (milliseconds since 1970). */
  readonly id: string;
  readonly now: number;
}

/** Octets of a line without its end (RFC 5322 section 2.1.1): Exim, for one, refuses a message with a longer one. */
const LONGEST_LINE = 998;

/**
 * A delivery status notification (RFC 3464) in a multipart/report (RFC 6522), with CRLF line ends.
 *
 * No line is too long for a next hop, as nobody is told of a notification that is refused.
 */
export function bounceMessage(facts: BounceFacts): string {
  const boundary = `=_${facts.id}`;
  return [
    `From: Mail Delivery System <MAILER-DAEMON@${facts.hostname}>`,
    `To: <${printable(facts.original.sender)}>`,
    "Subject: Undelivered mail returned to sender",
    `Date: ${mailDate(facts.now)}`,
    `Message-ID: <${facts.id}@${facts.hostname}>`,
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    "",
    `--${boundary}`,
    "Content-Type: text/plain; charset=us-ascii",
    "",
    `This is the mail system at ${facts.hostname}.`,
    "",
    `Your message ${facts.original.id} could not be delivered to:`,
    "",
    ...facts.failures.map(({ recipient, reason }) => `  <${printable(recipient)}>: ${printable(reason)}`),
    "",
    `--${boundary}`,
    "Content-Type: message/delivery-status",
    "",
    `Reporting-MTA: dns; ${facts.hostname}`,
    `Arrival-Date: ${mailDate(facts.original.acceptedAt)}`,
    ...facts.failures.flatMap((failure) => ["", ...recipientFields(failure, facts.remote)]),
    "",
    `--${boundary}`,
    "Content-Type: text/rfc822-headers",
    "",
    ...facts.originalHeader.split(/\r?\n/).map(printable),
    "",
    `--${boundary}--`,
    "",
  ]
    .flatMap(folded)
    .join("\r\n");
}

/** RFC 3464 section 2.3. */
function recipientFields({ recipient, status, reason }: FailedRecipient, remote: string): readonly string[] {
  return [
    `Final-Recipient: rfc822; ${printable(recipient)}`,
    "Action: failed",
    `Status: ${status}`,
    `Remote-MTA: dns; ${remote}`,
    `Diagnostic-Code: smtp; ${printable(reason)}`,
  ];
}

/** A date as RFC 5322 section 3.3 wants it, in UTC. */
export function mailDate(ms: number): string {
  return new Date(ms).toUTCString().replace("GMT", "+0000");
}

/** Addresses, replies and headers come from strangers: what is not printable ASCII (or a tab) becomes "?". */
function printable(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e]/g, "?");
}

/**
 * A line that is too long as several (RFC 5322 section 2.2.3): cut before a blank, or where there is none anywhere, with
 * a blank that was not there.
 */
function folded(line: string): readonly string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > LONGEST_LINE) {
    const blank = Math.max(rest.lastIndexOf(" ", LONGEST_LINE), rest.lastIndexOf("\t", LONGEST_LINE));
    // Nothing but blanks is no line: it would be taken for the empty one that ends a header.
    const isAfterText = rest.slice(0, Math.max(0, blank)).trim() !== "";
    const end = isAfterText ? blank : LONGEST_LINE;
    lines.push(rest.slice(0, end));
    rest = isAfterText ? rest.slice(end) : ` ${rest.slice(end)}`;
  }
  return [...lines, rest];
}
