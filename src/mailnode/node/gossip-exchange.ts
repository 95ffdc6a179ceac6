import { isDeepStrictEqual } from "node:util";
import type { Metadata } from "../membership/core/types.ts";
import type { AddressBook } from "../raft/shell/tls-options.ts";
import { addressBook, announcement } from "./announcement.ts";
import type { ClusterMemberOptions } from "./cluster-member-options.ts";
import type { FoundingNote } from "./founding-note.ts";
import type { OpenCluster } from "./open-cluster.ts";

/** What gossip says of the others is for the log's links, and what the log says of this node is for gossip. */
export class GossipExchange {
  readonly #options: Pick<ClusterMemberOptions, "config" | "node">;
  readonly #open: Pick<OpenCluster, "log" | "gossip" | "directory">;
  #announced: Metadata | undefined;

  constructor(
    options: Pick<ClusterMemberOptions, "config" | "node">,
    open: Pick<OpenCluster, "log" | "gossip" | "directory">,
  ) {
    this.#options = options;
    this.#open = open;
  }

  /** Where to reach the others. */
  addressBook(): AddressBook {
    const { log, gossip, directory } = this.#open;
    const counted = new Set(log.driver.members().map(({ id }) => id));
    const others = gossip.members().filter(({ id }) => id !== log.id);
    return addressBook(others, { counted, machines: directory.reported() }, this.#options.config.region);
  }

  /** Tells the others of this node what has changed. */
  announce(founding: FoundingNote): void {
    const { config, node } = this.#options;
    const { log, gossip } = this.#open;
    const leader = log.driver.leader();
    const leads = leader?.id === log.id ? leader.term : undefined;
    const metadata = announcement({ config, node, raftPort: log.port, founding, leads });
    if (isDeepStrictEqual(metadata, this.#announced)) return;
    this.#announced = metadata;
    gossip.announce(metadata);
  }
}
