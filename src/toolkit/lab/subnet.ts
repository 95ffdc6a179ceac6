import { UserError } from "../../support/errors.ts";
import { formatCidr, overlaps, parseCidr, type Cidr } from "../../support/ipv4.ts";

/** A network that is in use, and what uses it: "a route of this machine (eth0)". */
export interface TakenNetwork {
  readonly cidr: Cidr;
  readonly by: string;
}

const POOL = { first: 1, last: 254 } as const;

/**
 * The network of a lab: the one asked for, or the first free of 10.77.1.0/24 to 10.77.254.0/24.
 *
 * Throws LAB_NETWORK_INVALID when `asked` is no IPv4 network of 14 to 254 hosts, LAB_NETWORK_OVERLAP when something
 * uses it, and LAB_NETWORKS_EXHAUSTED when none is free.
 */
export function chooseSubnet(taken: readonly TakenNetwork[], asked?: string): string {
  if (asked !== undefined) return checkAsked(taken, asked);
  for (let third = POOL.first; third <= POOL.last; third++) {
    const text = `10.77.${third}.0/24`;
    if (!userOf(taken, parseCidr(text)!)) return text;
  }
  throw new UserError(
    "LAB_NETWORKS_EXHAUSTED",
    "every network from 10.77.1.0/24 to 10.77.254.0/24 overlaps a route of this machine or a Docker network",
    "name a free one with --cidr",
  );
}

function checkAsked(taken: readonly TakenNetwork[], asked: string): string {
  const cidr = parseCidr(asked);
  if (!cidr || cidr.prefix < 24 || cidr.prefix > 28) {
    throw new UserError(
      "LAB_NETWORK_INVALID",
      `${JSON.stringify(asked)} is no IPv4 network of a size between /24 and /28`,
      "write one such as 10.77.3.0/24, or leave it out to get a free one",
    );
  }
  const user = userOf(taken, cidr);
  if (!user) return asked;
  throw new UserError(
    "LAB_NETWORK_OVERLAP",
    `the lab cannot use ${asked}: it overlaps ${formatCidr(user.cidr)}, which belongs to ${user.by}`,
    "name another network, or leave it out to get a free one",
  );
}

function userOf(taken: readonly TakenNetwork[], cidr: Cidr): TakenNetwork | undefined {
  // A default route overlaps everything and uses nothing.
  return taken.find((network) => network.cidr.prefix > 0 && overlaps(network.cidr, cidr));
}
