/**
 * The nouns of gossip, as SWIM (Das, Gupta, Motivala 2002) and Lifeguard (Dadgar, Phillips, Currey 2018) name
 * them. All times are milliseconds of one clock that only grows; the core is told them and never asks.
 */

/** Drawn at random when a data directory is made; 1 to 64 characters of ASCII. Never reused by another node. */
export type MemberId = string;

/** Where packets go. `host` is an IP address as text. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** In the order of their precedence within one incarnation: a later one overrules an earlier one. */
export const STATES = ["alive", "suspect", "dead", "left"] as const;
export type MemberState = (typeof STATES)[number];

/** What a member says of itself. Everything in it is advice: nothing of it grants anything. */
export interface Metadata {
  /** The name people know the machine by. */
  readonly name: string;
  readonly roles: readonly string[];
  /** Where its services listen, by service: { smtp: "10.0.0.1:25" }. */
  readonly addresses: Readonly<Record<string, string>>;
  /** What else others should know, by topic; absent when there is nothing. */
  readonly notes?: Readonly<Record<string, string>>;
  /** How busy it is, in thousandths of its capacity. */
  readonly loadPermille: number;
}

/** Metadata and address as the member gave them out under one of its incarnations. */
export interface Announcement {
  readonly incarnation: number;
  readonly address: Address;
  readonly metadata: Metadata;
}

/** What `by` says about `member`; the only thing that is gossiped and synchronised. */
export interface Evidence {
  readonly member: MemberId;
  readonly state: MemberState;
  readonly incarnation: number;
  readonly by: MemberId;
  readonly announcement?: Announcement;
  /** For how many seconds it has been gone; in exchanges only, so that nobody remembers it anew for ever. */
  readonly goneForS?: number;
}

export type Message =
  | { readonly kind: "ping"; readonly seq: number; readonly target: MemberId }
  | {
      readonly kind: "ping-req";
      readonly seq: number;
      readonly target: MemberId;
      readonly address: Address;
    }
  | { readonly kind: "ack" | "nack"; readonly seq: number }
  | { readonly kind: "evidence"; readonly evidence: Evidence };

/** What arrived in one datagram, and whence. */
export interface Packet {
  readonly from: Address;
  readonly messages: readonly Message[];
}

/** A member as its readers see it. */
export interface Member {
  readonly id: MemberId;
  readonly state: MemberState;
  readonly incarnation: number;
  readonly address: Address;
  readonly metadata: Metadata;
}

export type MemberChange = "joined" | "updated" | "suspected" | "recovered" | "failed" | "left";

export type MembershipEvent =
  | { readonly kind: MemberChange; readonly member: Member }
  /** Another node speaks under this node's id, most often from a copied data directory. */
  | { readonly kind: "conflict"; readonly address: Address }
  /** A member answers over TCP and not over UDP: mostly a firewall. */
  | { readonly kind: "udp-blocked"; readonly member: Member }
  /** This node cannot refute any more and needs a new id. */
  | { readonly kind: "incarnations-exhausted" };

/** What the surroundings must do after a call. */
export interface Output {
  readonly packets: readonly { readonly to: Address; readonly messages: readonly Message[] }[];
  /** Ask over TCP; when the answer comes, call fallbackAnswered(seq). */
  readonly fallbackPings: readonly {
    readonly seq: number;
    readonly target: MemberId;
    readonly to: Address;
  }[];
  /** Exchange the whole state with these over TCP: send state(), merge() what comes back. */
  readonly syncs: readonly Address[];
  /** Write down that incarnations up to this one may be used, then call granted(bound). */
  readonly reserve?: number;
  readonly events: readonly MembershipEvent[];
}
