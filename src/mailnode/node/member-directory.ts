import type { ClusterMemberView, Liveness, Standing } from "../../contract/cluster-status.ts";
import type { ClusterMember as LogMember } from "../cluster/consensus.ts";
import type { MemberNames } from "../cluster/named-consensus.ts";
import type { Member } from "../membership/core/types.ts";
import type { NodeRecord } from "../state/nodes.ts";

export interface DirectorySources {
  readonly self: { readonly id: string; readonly name: string };
  /** Who is there, by gossip. */
  readonly gossip: () => readonly Member[];
  /** What nodes reported to the shared state. */
  readonly reports: () => readonly (readonly [string, NodeRecord])[];
  /** Who counts, by the log. */
  readonly log: () => readonly LogMember[];
}

/** Which machine each member of the log is: by what the node itself said, last to gossip, else to the shared state. */
export class MemberDirectory implements MemberNames {
  readonly #sources: DirectorySources;

  constructor(sources: DirectorySources) {
    this.#sources = sources;
  }

  nameOf(id: string): string {
    const { self, gossip, reports } = this.#sources;
    if (id === self.id) return self.name;
    const said = gossip().find((member) => member.id === id)?.metadata.name;
    const name = said ?? reports().find(([, { member }]) => member === id)?.[0] ?? id;
    // Two of one name: the one that speaks is the machine, the other what it was.
    return name === self.name ? id : name;
  }

  idOf(name: string): string | undefined {
    const ids = this.membersOn(name);
    return ids.find((id) => this.seems(id) === "alive") ?? ids[0];
  }

  /** The machine of each member, by what it reported to the shared state. */
  reported(): ReadonlyMap<string, string> {
    const machines = new Map<string, string>();
    for (const [node, { member }] of this.#sources.reports())
      if (member !== undefined) machines.set(member, node);
    return machines;
  }

  /** The members of the log on a machine, or the one with this id. More than one after the loss of a disk. */
  membersOn(name: string): readonly string[] {
    const { log, self, gossip } = this.#sources;
    const spoken = new Map(gossip().map(({ id, metadata }) => [id, metadata.name]));
    const reported = this.reported();
    return log()
      .map(({ id }) => id)
      .filter((id) => {
        const machine = id === self.id ? self.name : (spoken.get(id) ?? reported.get(id));
        return id === name || machine === name;
      });
  }

  /** The ids of members of which neither gossip nor the shared state tells the machine: they are not there. */
  unnamed(): readonly string[] {
    const { log, self, gossip } = this.#sources;
    const named = new Set([self.id, ...gossip().map(({ id }) => id), ...this.reported().keys()]);
    return log().flatMap(({ id }) => (named.has(id) ? [] : [id]));
  }

  /** Nodes that are there and no members of the log: on a machine, or with this id. */
  strangersOn(name: string): readonly Member[] {
    const members = new Set(this.#sources.log().map(({ id }) => id));
    return this.#sources
      .gossip()
      .filter(
        ({ id, state, metadata }) =>
          state === "alive" && !members.has(id) && (id === name || metadata.name === name),
      );
  }

  standingOf(id: string): Standing | undefined {
    const member = this.#sources.log().find((other) => other.id === id);
    if (member === undefined) return undefined;
    if (member.witness) return "witness";
    return member.voter ? "voter" : "learner";
  }

  seems(id: string): Liveness {
    if (id === this.#sources.self.id) return "alive";
    return this.#sources.gossip().find((member) => member.id === id)?.state ?? "unknown";
  }

  /** All members of the log, by machine. */
  view(): readonly ClusterMemberView[] {
    return this.#sources
      .log()
      .map(({ id }) => ({
        node: this.nameOf(id),
        id,
        standing: this.standingOf(id)!,
        seems: this.seems(id),
      }))
      .sort((a, b) => (a.node < b.node ? -1 : 1));
  }
}
