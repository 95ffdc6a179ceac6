import { UserError } from "../../support/errors.ts";

/** Domains that belong to nobody (RFC 2606, RFC 6761). */
const NOBODYS = /(^|\.)(example\.(com|net|org)|example|test|invalid)$/;

/**
 * Refuses to put a load of mail on a domain that is neither the cluster's own nor nobody's. Throws
 * LOADTEST_RECIPIENT and LOADTEST_FOREIGN_DOMAIN.
 */
export function refuseForeign(to: string, domains: readonly string[], isMine: boolean): void {
  const match = /^[A-Za-z0-9.+_=-]{1,64}@([A-Za-z0-9.-]{1,253})$/.exec(to);
  if (!match) {
    throw new UserError(
      "LOADTEST_RECIPIENT",
      `${JSON.stringify(to)} is no address to send to`,
      'write "name@domain"',
    );
  }
  const domain = match[1]!.toLowerCase();
  if (isMine || NOBODYS.test(domain) || domains.includes(domain)) return;
  throw new UserError(
    "LOADTEST_FOREIGN_DOMAIN",
    `${domain} is none of the cluster's domains (${domains.join(", ") || "it has none"}), and a load test would flood it`,
    "send to a domain of the cluster or to example.com; if the domain is yours all the same, add --i-own-this-domain",
  );
}
