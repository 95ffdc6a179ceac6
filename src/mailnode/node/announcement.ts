import type { ClusterConfig } from "../../contract/cluster-config.ts";
import { parseEndpoint } from "../discovery/endpoint.ts";
import type { Member, Metadata } from "../membership/core/types.ts";
import type { AddressBook, PeerAddress } from "../raft/shell/tls-options.ts";
import { decodeFoundingNote, encodeFoundingNote, type FoundingNote } from "./founding-note.ts";
import type { FoundingNode } from "./founding.ts";

const WITNESS = "witness";

export interface Announced {
  readonly config: Pick<ClusterConfig, "address" | "witness" | "region">;
  readonly node: string;
  readonly raftPort: number;
  readonly founding: FoundingNote;
  /** The term in which this node leads; undefined when it does not. */
  readonly leads: number | undefined;
}

/** What a node tells all others of itself. */
export function announcement({ config, node, raftPort, founding, leads }: Announced): Metadata {
  return {
    name: node,
    roles: config.witness ? [WITNESS] : [],
    addresses: { raft: `${config.address}:${raftPort}` },
    notes: {
      founding: encodeFoundingNote(founding),
      ...(config.region !== undefined && { region: config.region }),
      ...(leads !== undefined && { leads: String(leads) }),
    },
    // Changes with every session, and each change is a new incarnation: the registry has it.
    loadPermille: 0,
  };
}

/** What founding needs to know of a member. */
export function foundingNode({ id, metadata }: Member): FoundingNode {
  const note = decodeFoundingNote(metadata.notes?.founding);
  return { id, name: metadata.name, witness: metadata.roles.includes(WITNESS), note };
}

/** The term in which a member says that it leads. */
export function leadsIn({ metadata }: Member): number | undefined {
  const term = metadata.notes?.leads;
  return term === undefined ? undefined : Number(term);
}

/** Whether a member has said that it is a witness. */
export function isWitness({ metadata }: Member): boolean {
  return metadata.roles.includes(WITNESS);
}

/**
 * Where to reach members: those that seem to be there, and those that count whatever they seem. A certificate must be
 * for the member's machine. Which one that is, gossip says of those alone that the shared state does not know yet:
 * everybody with a key can announce a member that is down, and whom the others take for a member has its vote.
 *
 * @param counted who is a member of the log
 * @param machines the machines of members, by what they reported to the shared state
 */
export function addressBook(
  members: readonly Member[],
  {
    counted,
    machines,
  }: { readonly counted: ReadonlySet<string>; readonly machines: ReadonlyMap<string, string> },
  region: string | undefined,
): AddressBook {
  const book = new Map<string, PeerAddress>();
  for (const { id, state, metadata } of members) {
    const isThere = state === "alive" || state === "suspect";
    const at = endpointOf(metadata);
    if (at === undefined || !(isThere || counted.has(id))) continue;
    const name = machines.get(id) ?? metadata.name;
    book.set(id, { ...at, name, compress: metadata.notes?.region !== region });
  }
  return book;
}

/** Undefined when it is none: whoever speaks so cannot be reached, which is nobody else's fault. */
function endpointOf({ addresses }: Metadata): { host: string; port: number } | undefined {
  try {
    return parseEndpoint(addresses.raft ?? "");
  } catch {
    return undefined;
  }
}
