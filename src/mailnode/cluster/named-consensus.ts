import type { AppliedLog, Accepted, ClusterMember, Consensus, Leader, ProposeOptions } from "./consensus.ts";

/** Which machine a member of the log lives on. */
export interface MemberNames {
  /** The machine's name; the id itself while nobody has told. */
  nameOf(id: string): string;
  /** The member on a machine, the living one of several; undefined when there is none. */
  idOf(name: string): string | undefined;
}

/**
 * A replicated log whose members go by the names of their machines. The log itself knows them by the ids of their data
 * directories, as a machine that lost its disk is another member; everything that is built on it, and whoever reads
 * what that says, means machines.
 */
export class NamedConsensus implements Consensus {
  readonly #inner: Consensus;
  readonly #names: MemberNames;

  constructor(inner: Consensus, names: MemberNames) {
    this.#inner = inner;
    this.#names = names;
  }

  get id(): string {
    return this.#names.nameOf(this.#inner.id);
  }

  follow(log: AppliedLog): void {
    this.#inner.follow(log);
  }

  propose(command: Uint8Array, options: ProposeOptions): Promise<Accepted> {
    return this.#inner.propose(command, options);
  }

  readIndex(signal?: AbortSignal): Promise<number> {
    return this.#inner.readIndex(signal);
  }

  leader(): Leader | undefined {
    return this.#named(this.#inner.leader());
  }

  onLeaderChange(listener: (leader: Leader | undefined) => void): () => void {
    return this.#inner.onLeaderChange((leader) => listener(this.#named(leader)));
  }

  members(): readonly ClusterMember[] {
    return this.#inner.members().map((member) => ({ ...member, id: this.#names.nameOf(member.id) }));
  }

  transferLeadership(to: string, signal?: AbortSignal): Promise<void> {
    return this.#inner.transferLeadership(this.#names.idOf(to) ?? to, signal);
  }

  #named(leader: Leader | undefined): Leader | undefined {
    return leader && { id: this.#names.nameOf(leader.id), term: leader.term };
  }
}
