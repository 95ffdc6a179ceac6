/** What the shells of two members say to each other; the messages of their cores are a part of it. */
import type { ConsistencyLevel } from "../../../contract/cluster-api.ts";
import type { Accepted, NotProposedReason } from "../../cluster/consensus.ts";
import type { MemberChange } from "../core/membership-change.ts";
import type { Message, Snapshot } from "../core/messages.ts";
import type { LogId, NodeId } from "../core/types.ts";
import type { SnapshotDigest } from "../log/snapshot-store.ts";

/** What a member asks the leader to do. It is asked once: nothing here is ever sent again. */
export type Ask =
  | { readonly type: "propose"; readonly level: ConsistencyLevel; readonly command: Uint8Array }
  | { readonly type: "transfer"; readonly to: NodeId }
  | { readonly type: "change"; readonly changes: readonly MemberChange[] };

/** What became of it. `unknown` is the only one that is not definite. */
export type Outcome =
  | { readonly type: "accepted"; readonly accepted: Accepted }
  | { readonly type: "levelNotMet"; readonly accepted: Accepted; readonly level: ConsistencyLevel }
  | { readonly type: "notProposed"; readonly reason: NotProposedReason }
  | { readonly type: "refused"; readonly why: string }
  | { readonly type: "unknown"; readonly why: string };

export type Packet =
  | { readonly type: "raft"; readonly message: Exclude<Message, Snapshot> }
  | { readonly type: "ask"; readonly request: number; readonly ask: Ask }
  | { readonly type: "answer"; readonly request: number; readonly outcome: Outcome }
  | SnapshotPacket;

export type SnapshotPacket =
  /** A snapshot is there to be had: the core's message, and what its bytes must come to. */
  | { readonly type: "snapshotOffer"; readonly message: Snapshot; readonly digest: SnapshotDigest }
  /** All before `at` is there; the next piece may come. At the end of it: the snapshot is whole and durable. */
  | { readonly type: "snapshotWanted"; readonly snapshot: LogId; readonly at: number }
  | {
      readonly type: "snapshotPiece";
      readonly snapshot: LogId;
      readonly at: number;
      readonly content: Uint8Array;
    }
  /** The bytes were not what was offered. */
  | { readonly type: "snapshotRefused"; readonly snapshot: LogId };
