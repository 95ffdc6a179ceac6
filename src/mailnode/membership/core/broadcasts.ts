import { messageBytes } from "./codec.ts";
import type { Evidence, MemberId, Message } from "./types.ts";

interface Broadcast {
  readonly message: Message;
  readonly evidence: Evidence;
  readonly bytes: number;
  /** Grows with every broadcast put in, so that the newest goes first among equals. */
  readonly order: number;
  sent: number;
}

/**
 * News waiting to ride on other packets. One piece per member: what is newer takes the place of what is older,
 * so the queue is never longer than the cluster.
 */
export class Broadcasts {
  readonly #queue = new Map<MemberId, Broadcast>();
  #order = 0;

  get size(): number {
    return this.#queue.size;
  }

  has(member: MemberId): boolean {
    return this.#queue.has(member);
  }

  /** Queues news. What the member announced and has not been sent out fully stays with it. */
  put(evidence: Evidence): void {
    const announcement = evidence.announcement ?? this.#queue.get(evidence.member)?.evidence.announcement;
    const whole = announcement ? { ...evidence, announcement } : evidence;
    const message: Message = { kind: "evidence", evidence: whole };
    this.#queue.set(evidence.member, {
      message,
      evidence: whole,
      bytes: messageBytes(message),
      order: this.#order++,
      sent: 0,
    });
  }

  /**
   * News that fit in `bytes` and are at most `count`, the least sent first, each counted as sent once more and
   * dropped when it was sent `limit` times. Without news of those in `except`.
   */
  take(bytes: number, count: number, limit: number, except: ReadonlySet<MemberId>): Message[] {
    const taken: Message[] = [];
    const inOrder = [...this.#queue.values()].sort((a, b) => a.sent - b.sent || b.order - a.order);
    let left = bytes;
    for (const broadcast of inOrder) {
      if (taken.length >= count) break;
      if (broadcast.bytes > left || except.has(broadcast.evidence.member)) continue;
      left -= broadcast.bytes;
      taken.push(broadcast.message);
      if (++broadcast.sent >= limit) this.#queue.delete(broadcast.evidence.member);
    }
    return taken;
  }
}
