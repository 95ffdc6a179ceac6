/** Takes a snapshot from the leader: writes it as it comes, proves it whole, and only then shows it to the core. */
import type { Snapshot } from "../core/messages.ts";
import type { LogId, NodeId } from "../core/types.ts";
import type { SnapshotDigest, SnapshotStore, SnapshotWriter } from "../log/snapshot-store.ts";
import type { Packet } from "./packet.ts";

export interface SnapshotReceiverOptions {
  readonly store: SnapshotStore;
  /** A witness keeps the place alone. */
  readonly witness: boolean;
  readonly send: (to: NodeId, packet: Packet) => boolean;
  /** Its bytes are durable on this node, or it needs none of them. */
  readonly whole: (message: Snapshot) => void;
}

interface Partial {
  /** The latest offer of it: another leader may go on with what the one before began. */
  message: Snapshot;
  readonly digest: SnapshotDigest;
  readonly writer: SnapshotWriter;
}

export class SnapshotReceiver {
  readonly #options: SnapshotReceiverOptions;
  #partial: Partial | undefined;
  /** One thing after the other. Rejects with RAFT_LOG_FAILED, and then for good. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: SnapshotReceiverOptions) {
    this.#options = options;
  }

  /** Rejects with RAFT_LOG_FAILED, as `piece` does: the node must stop. */
  offered(message: Snapshot, digest: SnapshotDigest): Promise<void> {
    return this.#then(() => this.#offered(message, digest));
  }

  piece(from: NodeId, snapshot: LogId, at: number, content: Uint8Array): Promise<void> {
    return this.#then(() => this.#piece(from, snapshot, at, content));
  }

  async #offered(message: Snapshot, digest: SnapshotDigest): Promise<void> {
    const { store, witness } = this.#options;
    const { snapshot } = message;
    if (store.holds(snapshot)) return this.#whole(message, digest);
    if (witness) {
      await (await store.begin(snapshot)).commit();
      return this.#whole(message, digest);
    }
    const partial = this.#partial;
    if (partial !== undefined) {
      if (message.term < partial.message.term) return;
      if (isSame(partial, message, digest)) {
        partial.message = message;
        return this.#ask(partial);
      }
      await this.#discard(partial);
    }
    this.#partial = { message, digest, writer: await store.begin(snapshot) };
    await this.#goOn(this.#partial);
  }

  async #piece(from: NodeId, { term, index }: LogId, at: number, content: Uint8Array): Promise<void> {
    const partial = this.#partial;
    if (partial === undefined || partial.message.from !== from) return;
    const { snapshot } = partial.message;
    if (snapshot.term !== term || snapshot.index !== index || at !== partial.writer.digest.bytes) return;
    if (content.length === 0 || at + content.length > partial.digest.bytes) return this.#refuse(partial);
    await partial.writer.append(content);
    await this.#goOn(partial);
  }

  async #goOn(partial: Partial): Promise<void> {
    const { message, digest, writer } = partial;
    if (writer.digest.bytes < digest.bytes) return this.#ask(partial);
    if (writer.digest.crc !== digest.crc) return this.#refuse(partial);
    this.#partial = undefined;
    await writer.commit();
    this.#whole(message, digest);
  }

  #ask({ message, writer }: Partial): void {
    const { term, index } = message.snapshot;
    const at = writer.digest.bytes;
    this.#options.send(message.from, { type: "snapshotWanted", snapshot: { term, index }, at });
  }

  #whole(message: Snapshot, { bytes }: SnapshotDigest): void {
    const { term, index } = message.snapshot;
    this.#options.send(message.from, { type: "snapshotWanted", snapshot: { term, index }, at: bytes });
    this.#options.whole(message);
  }

  async #refuse(partial: Partial): Promise<void> {
    const { term, index } = partial.message.snapshot;
    await this.#discard(partial);
    this.#options.send(partial.message.from, { type: "snapshotRefused", snapshot: { term, index } });
  }

  async #discard(partial: Partial): Promise<void> {
    this.#partial = undefined;
    await partial.writer.discard();
  }

  #then(task: () => Promise<void> | void): Promise<void> {
    this.#work = this.#work.then(task);
    return this.#work;
  }
}

function isSame({ message, digest }: Partial, other: Snapshot, otherDigest: SnapshotDigest): boolean {
  return (
    message.snapshot.term === other.snapshot.term &&
    message.snapshot.index === other.snapshot.index &&
    digest.bytes === otherDigest.bytes &&
    digest.crc === otherDigest.crc
  );
}
