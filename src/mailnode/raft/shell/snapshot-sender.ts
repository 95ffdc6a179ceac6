/** Gives snapshots to members that need them: piece by piece, each when the one before it is on the other's disk. */
import type { Env } from "../../../support/env.ts";
import type { Snapshot } from "../core/messages.ts";
import type { LogId, NodeId } from "../core/types.ts";
import type { SnapshotDigest, SnapshotStore } from "../log/snapshot-store.ts";
import type { Packet } from "./packet.ts";

export interface SnapshotSenderOptions {
  readonly store: SnapshotStore;
  readonly env: Env;
  readonly pieceBytes: number;
  readonly bytesPerSecond: number;
  /** A member that was silent for so long gets no more. */
  readonly silentTicks: number;
  readonly send: (to: NodeId, packet: Packet) => boolean;
  /** It cannot be read from this disk: a newer one took its place, or it is damaged. */
  readonly unreadable: (snapshot: LogId, why: unknown) => void;
  /** It did not get through, as far as can be known. */
  readonly failed: (member: NodeId) => void;
}

interface Transfer {
  readonly message: Snapshot;
  readonly digest: SnapshotDigest;
  ticks: number;
  /** Milliseconds on the monotonic clock before which no further piece leaves. */
  notBefore: number;
  done: boolean;
}

export class SnapshotSender {
  readonly #options: SnapshotSenderOptions;
  readonly #transfers = new Map<NodeId, Transfer>();
  #sent = 0;

  constructor(options: SnapshotSenderOptions) {
    this.#options = options;
  }

  /** Snapshots that another member has got as a whole. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether a snapshot is needed on this disk for somebody. */
  get active(): boolean {
    return [...this.#transfers.values()].some(({ done }) => !done);
  }

  /** The core wants a member to have this. */
  async offer(message: Snapshot): Promise<void> {
    const { store, send } = this.#options;
    this.#transfers.delete(message.to);
    let digest: SnapshotDigest;
    try {
      digest = await store.verify(message.snapshot);
    } catch (error) {
      this.#options.unreadable(message.snapshot, error);
      return this.#fail(message.to);
    }
    this.#transfers.set(message.to, { message, digest, ticks: 0, notBefore: 0, done: false });
    if (!send(message.to, { type: "snapshotOffer", message, digest })) this.#fail(message.to);
  }

  /** A member has all before `at`. */
  async wanted(member: NodeId, snapshot: LogId, at: number): Promise<void> {
    const transfer = this.#of(member, snapshot);
    if (transfer === undefined) return;
    const { store, env, pieceBytes, bytesPerSecond, send } = this.#options;
    transfer.ticks = 0;
    const done = at >= transfer.digest.bytes;
    if (done && !transfer.done) this.#sent++;
    transfer.done = done;
    // What the member's core says to it is waited for as long as for a piece.
    if (transfer.done) return;
    const wait = transfer.notBefore - env.monotonic();
    if (wait > 0) await env.sleep(wait);
    let content: Uint8Array;
    try {
      content = await store.piece(snapshot, at, pieceBytes);
    } catch {
      return this.#failIfCurrent(member, transfer);
    }
    if (this.#transfers.get(member) !== transfer) return;
    transfer.notBefore = env.monotonic() + (content.length * 1000) / bytesPerSecond;
    const { term, index } = snapshot;
    if (!send(member, { type: "snapshotPiece", snapshot: { term, index }, at, content })) this.#fail(member);
  }

  /** A member found that the bytes are not what was offered. */
  refused(member: NodeId, snapshot: LogId): void {
    if (this.#of(member, snapshot)) this.#fail(member);
  }

  /** The connection broke: what the member holds of it can be gone on with, when the core offers it again. */
  broken(member: NodeId): void {
    this.#fail(member);
  }

  tick(): void {
    for (const [member, transfer] of this.#transfers) {
      if (++transfer.ticks >= this.#options.silentTicks) this.#fail(member);
    }
  }

  #of(member: NodeId, { term, index }: LogId): Transfer | undefined {
    const transfer = this.#transfers.get(member);
    const offered = transfer?.message.snapshot;
    return offered?.term === term && offered.index === index ? transfer : undefined;
  }

  #failIfCurrent(member: NodeId, transfer: Transfer): void {
    if (this.#transfers.get(member) === transfer) this.#fail(member);
  }

  #fail(member: NodeId): void {
    this.#transfers.delete(member);
    this.#options.failed(member);
  }
}
