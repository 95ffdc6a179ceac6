import { domainToASCII, domainToUnicode } from "node:url";

/**
 * A mailbox as any next hop understands it, also one without SMTPUTF8 (RFC 6531): with the A-labels of its domain
 * (RFC 5890), which smtp-server has turned into Unicode. undefined when it has no such form.
 */
export function asciiMailbox(address: string): string | undefined {
  if (isAscii(address)) return address;
  const local = address.slice(0, address.lastIndexOf("@") + 1);
  const domain = address.slice(local.length);
  const ascii = domainToASCII(domain);
  // Some names are mapped to another one, "Ⅷ" to "viii", whose mail it is not.
  const isOfOneName = ascii !== "" && domainToUnicode(ascii) === domain.toLowerCase();
  return isAscii(local) && isOfOneName ? local + ascii : undefined;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
