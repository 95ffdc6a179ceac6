/** What both implementations are asked and show, so that one schedule drives them and one comparison reads them. */
import type { Transition } from "../../../../src/mailnode/raft/core/membership.ts";
import type { Role } from "../../../../src/mailnode/raft/core/ready.ts";
import type { Membership, NodeId } from "../../../../src/mailnode/raft/core/types.ts";

/** Who counts; the oracle has no witnesses. */
export type Members = Omit<Membership, "witnesses">;

/** What a member is to become; no id comes twice in one change. */
export interface Change {
  readonly become: "voter" | "learner" | "removed";
  readonly id: NodeId;
}

export interface Settings {
  readonly founders: readonly NodeId[];
  /** Nodes that exist, know nobody, and may become members. */
  readonly joiners: readonly NodeId[];
  readonly electionTicks: number;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  /** One entry in an append, or all that wait. */
  readonly singly: boolean;
}

/** A node as an onlooker sees it. */
export interface Picture {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: number;
  readonly vote: NodeId | undefined;
  readonly leader: NodeId | undefined;
  readonly transferee: NodeId | undefined;
  readonly commit: number;
  readonly applied: number;
  /** The index of its snapshot, and who counted there. */
  readonly snapshot: number;
  readonly snapshotMembers: Members;
  readonly last: string;
  /** The membership that it follows. */
  readonly members: Members;
  /** How many reads it has got an answer to, and the last of them with its index. */
  readonly reads: string;
}

/** A message under way, in words that are the same for both. */
export interface Letter {
  readonly type: string;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: number;
  /** What is in it, but for what is known to differ. */
  readonly text: string;
  /** Append: the place before its entries, and how many they are. */
  readonly prevIndex: number;
  readonly count: number;
  /** Gives it to its receiver, whose disk is quick; what that sends. */
  open(): readonly Letter[];
}

/** One node; all that an input makes it send comes back, after its disk has everything. */
export interface Peer {
  readonly id: NodeId;
  tick(): readonly Letter[];
  campaign(): readonly Letter[];
  propose(data: string): readonly Letter[];
  transfer(to: NodeId): readonly Letter[];
  /** Asks for an index to read at; whoever does not lead asks its leader. */
  read(name: string): readonly Letter[];
  change(changes: readonly Change[], transition: Transition): readonly Letter[];
  /** Ends a joint membership that was entered with the transition "explicit". */
  leaveJoint(): readonly Letter[];
  /** Takes a snapshot of what is applied, and forgets the log behind it but for the last `keep` entries. */
  compact(keep: number): void;
  /** What it sent as a snapshot did not arrive; or it did, and its own transport says so. */
  snapshotSent(to: NodeId, arrived: boolean): readonly Letter[];
  /** Loses its memory and comes back from its disk. */
  restart(): void;
  picture(): Picture;
  /** Every entry that was not forgotten, by its index: its term and data. */
  log(): ReadonlyMap<number, string>;
  /** The data of all that was applied, in order. */
  state(): readonly string[];
}

/** Makes the nodes of one cluster, founders first. */
export type MakeCluster = (settings: Settings) => readonly Peer[];
