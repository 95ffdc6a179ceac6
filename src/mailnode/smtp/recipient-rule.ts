import { contains, parseAddress, parseCidr } from "../../support/ipv4.ts";

/** Whose mail is taken: that for our domains from anyone, and everything from the relay networks. */
export interface RelayRules {
  readonly domains: readonly string[];
  readonly relayNetworks: readonly string[];
}

/** Whether a client may send to a recipient. With no domain and no network nothing is taken: never an open relay. */
export function mayRelay(rules: RelayRules, clientAddress: string, recipient: string): boolean {
  return isOurs(rules.domains, recipient) || isInside(rules.relayNetworks, clientAddress);
}

function isOurs(domains: readonly string[], recipient: string): boolean {
  const at = recipient.lastIndexOf("@");
  const domain = recipient.slice(at + 1).toLowerCase();
  return at > 0 && domains.some((ours) => ours.toLowerCase() === domain);
}

/** IPv6 clients are in no network: the cluster's networks are IPv4. */
function isInside(networks: readonly string[], clientAddress: string): boolean {
  const address = parseAddress(clientAddress);
  if (address === undefined) return false;
  return networks.some((text) => {
    const network = parseCidr(text);
    return network !== undefined && contains(network, address);
  });
}
