import { asciiMailbox } from "./ascii-mailbox.ts";

/**
 * Whom RCPT names, as any next hop understands it; undefined when there is no such form.
 *
 * "postmaster" alone is whoever answers for the first of our domains (RFC 5321 section 4.5.1): to a next hop it would be
 * whoever answers for that.
 */
export function recipientMailbox(address: string, domains: readonly string[]): string | undefined {
  const [first] = domains;
  const isOurPostmaster = first !== undefined && address.toLowerCase() === "postmaster";
  return isOurPostmaster ? `postmaster@${first}` : asciiMailbox(address);
}
