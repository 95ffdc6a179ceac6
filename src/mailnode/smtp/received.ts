import { mailDate } from "../queue/bounce.ts";

/** What a Received line says of a message's last hop. */
export interface Hop {
  /** The client's own name for itself, from EHLO. */
  readonly helo: string;
  readonly clientAddress: string;
  readonly hostname: string;
  /** "ESMTPS" and its like (RFC 3848). */
  readonly protocol: string;
  readonly id: string;
  readonly recipients: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The trace header of RFC 5321 section 4.4, with CRLF line ends.
 *
 * Names the recipient only when there is one, so that no recipient learns of another. The id stays the same
 * over every retry: two copies with one id are one message delivered twice.
 */
export function receivedHeader(hop: Hop): string {
  const recipient = hop.recipients.length === 1 ? `\r\n\tfor <${printable(hop.recipients[0]!)}>` : "";
  const literal = hop.clientAddress.includes(":") ? `IPv6:${hop.clientAddress}` : hop.clientAddress;
  return (
    `Received: from ${printable(hop.helo)} ([${literal}])\r\n` +
    `\tby ${hop.hostname} (Mailbastion) with ${hop.protocol} id ${hop.id}${recipient};\r\n` +
    `\t${mailDate(hop.now)}\r\n`
  );
}

/** What a stranger wrote, without what would end the line or open a comment. */
function printable(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]|[()<>;]/g, "?");
}
