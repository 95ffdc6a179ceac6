/** All that one member has to do with snapshots: it takes them, gives them to others, and gets them from a leader. */
import type { Env } from "../../../support/env.ts";
import type { RaftFigures } from "../../cluster/running-cluster.ts";
import type { Snapshot } from "../core/messages.ts";
import type { Raft } from "../core/raft.ts";
import type { Batch } from "../core/ready.ts";
import type { Entry, LogId, NodeId } from "../core/types.ts";
import type { RaftLog } from "../log/raft-log.ts";
import type { DriverOptions } from "./driver-options.ts";
import type { Packet, SnapshotPacket } from "./packet.ts";
import { SnapshotReceiver } from "./snapshot-receiver.ts";
import { SnapshotSender } from "./snapshot-sender.ts";
import { SnapshotTaker } from "./snapshot-taker.ts";

export interface SnapshotsParts {
  readonly log: RaftLog;
  readonly env: Env;
  readonly options: DriverOptions;
  /** The state after the last applied entry; no bytes on a witness. */
  readonly state: () => Uint8Array;
  readonly send: (to: NodeId, packet: Packet) => boolean;
  /** Does something in a turn of the driver, unless it has stopped. */
  readonly enter: (event: (raft: Raft) => void) => void;
  /** Work of the disk without which this node may not go on. */
  readonly must: (work: Promise<void>) => void;
  /** Is told what an operator should know of. */
  readonly report: (problem: string) => void;
}

export class Snapshots {
  readonly #parts: SnapshotsParts;
  readonly #sender: SnapshotSender;
  readonly #receiver: SnapshotReceiver;
  #taker: SnapshotTaker | undefined;
  /** A snapshot of the leader is taking the place of the state. */
  #installing = false;
  #installed = 0;

  constructor(parts: SnapshotsParts) {
    const { log, env, options, send, enter } = parts;
    this.#parts = parts;
    this.#sender = new SnapshotSender({
      store: log.snapshots,
      env,
      pieceBytes: options.snapshotPieceBytes,
      bytesPerSecond: options.snapshotBytesPerSecond,
      silentTicks: options.snapshotTicks,
      send,
      unreadable: (snapshot, why) => enter(() => this.#rewrite(snapshot, why)),
      failed: (member) => enter((raft) => raft.snapshotFailed(member)),
    });
    this.#receiver = new SnapshotReceiver({
      store: log.snapshots,
      witness: options.witness,
      send,
      whole: (message) => enter((raft) => raft.step(message)),
    });
  }

  /** What was done since the start. */
  get figures(): RaftFigures["snapshots"] {
    return { taken: this.#taker?.taken ?? 0, sent: this.#sender.sent, installed: this.#installed };
  }

  /** The core is there, and begins with these entries. */
  start(raft: Raft, entries: readonly Entry[]): void {
    const { options, log, state } = this.#parts;
    this.#taker = new SnapshotTaker({ ...options, log, raft, state }, entries);
  }

  /** The core wants a member to have this. */
  offer(message: Snapshot): void {
    this.#parts.must(this.#sender.offer(message));
  }

  packet(from: NodeId, packet: SnapshotPacket): void {
    const { must } = this.#parts;
    switch (packet.type) {
      case "snapshotOffer":
        return must(this.#receiver.offered(packet.message, packet.digest));
      case "snapshotPiece":
        return must(this.#receiver.piece(from, packet.snapshot, packet.at, packet.content));
      case "snapshotWanted":
        return must(this.#sender.wanted(from, packet.snapshot, packet.at));
      case "snapshotRefused":
        return this.#sender.refused(from, packet.snapshot);
    }
  }

  broken(member: NodeId): void {
    this.#sender.broken(member);
  }

  tick(): void {
    this.#sender.tick();
  }

  /** The core hands this to the disk. */
  persisting({ entries, snapshot }: Batch): void {
    this.#taker!.appended(entries);
    if (snapshot !== undefined) this.#installing = true;
  }

  /** The leader's snapshot has taken the place of the state and of the log. */
  installed(): void {
    const { log, must } = this.#parts;
    this.#installing = false;
    this.#installed++;
    // Segments of the log that was replaced are of no use any more.
    must(log.compact(log.compacted.index));
  }

  /** Takes one when the log has grown enough. A state that is being replaced is none to take a snapshot of. */
  takeIfDue(): void {
    if (!this.#installing && this.#taker!.isDue(() => this.#sender.active))
      this.#parts.must(this.#taker!.take());
  }

  #rewrite(snapshot: LogId, why: unknown): void {
    const rewriting = this.#installing ? undefined : this.#taker!.rewrite(snapshot);
    if (rewriting === undefined) return;
    const { report, must } = this.#parts;
    report(`a snapshot is written anew from memory, look at the disk: ${(why as Error).message}`);
    must(rewriting);
  }
}
