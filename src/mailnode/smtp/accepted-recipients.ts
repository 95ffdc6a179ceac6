import type { SMTPServerSession } from "smtp-server";

/**
 * Whom RCPT was answered 250 for, in each open transaction.
 *
 * smtp-server's own list holds one of those that differ in case alone: only whoever keeps the mailboxes may take two local
 * parts for one (RFC 5321 section 2.4).
 */
export class AcceptedRecipients {
  readonly #max: number;
  /** By envelope, which smtp-server makes anew for each transaction; each mailbox in the form in which it was said first. */
  readonly #mailboxes = new WeakMap<SMTPServerSession["envelope"], Map<string, string>>();

  /** @param max for how many in one transaction */
  constructor(max: number) {
    this.#max = max;
  }

  /** Says whether there was room; there always is for one that was added before. */
  add({ envelope }: SMTPServerSession, mailbox: string): boolean {
    const known = this.#mailboxes.get(envelope) ?? new Map<string, string>();
    this.#mailboxes.set(envelope, known);
    const key = withLowerCaseDomain(mailbox);
    if (known.has(key)) return true;
    if (known.size >= this.#max) return false;
    known.set(key, mailbox);
    return true;
  }

  of({ envelope }: SMTPServerSession): readonly string[] {
    return [...(this.#mailboxes.get(envelope)?.values() ?? [])];
  }
}

function withLowerCaseDomain(mailbox: string): string {
  const at = mailbox.lastIndexOf("@");
  return mailbox.slice(0, at) + mailbox.slice(at).toLowerCase();
}
