import type { Env } from "../../../support/env.ts";
import type { Secret } from "../../../support/secret.ts";
import type { NodeId } from "../core/types.ts";

/** What a member proves itself with, in PEM. */
export interface Identity {
  readonly key: Secret;
  readonly certificate: string;
  /** The cluster's authority: whoever it did not sign for is no member. Several while it is being changed. */
  readonly authority: string;
}

export interface PeerAddress {
  readonly host: string;
  readonly port: number;
  /** The DNS name or address that its certificate must be for; the host when absent. */
  readonly name?: string;
  /** For links between regions: bytes cost more than time there. */
  readonly compress?: boolean;
}

export type AddressBook = ReadonlyMap<NodeId, PeerAddress>;

export interface TlsTransportOptions {
  readonly id: NodeId;
  /** Names the cluster; nodes of another one are refused. */
  readonly cluster: string;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly identity: Identity;
  readonly env: Env;
  readonly limits?: Partial<TlsLimits>;
  /** Told of every connection that did not come about or was given up, for the log. */
  readonly report?: (problem: string) => void;
}

export interface TlsLimits {
  /** Larger frames are refused before they are read. */
  readonly maxFrameBytes: number;
  /** What may wait for one peer; what comes on top of it is dropped. */
  readonly maxQueueBytes: number;
  readonly maxConnections: number;
  /** For the TLS handshake, and again for the greeting. */
  readonly greetingMs: number;
  /** A peer that takes nothing for so long while something waits for it is given up. */
  readonly stallMs: number;
  readonly minRetryMs: number;
  readonly maxRetryMs: number;
}

/** A frame holds an append of 1 MiB or one large entry; the queue holds what the core lets be under way, twice. */
export const TLS_LIMITS: TlsLimits = {
  maxFrameBytes: 4 * 1024 * 1024,
  maxQueueBytes: 16 * 1024 * 1024,
  maxConnections: 256,
  greetingMs: 5000,
  stallMs: 5000,
  minRetryMs: 50,
  maxRetryMs: 1000,
};
