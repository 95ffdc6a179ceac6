/**
 * What the leader knows of one member: `match`, proven by its answers, and `next`, hoped for.
 *
 * - probe: the place where the logs part is unknown; one append at a time.
 * - replicate: it is known; appends follow each other without waiting, inside the window.
 * - snapshot: the log it needs is gone; nothing is sent until it holds the snapshot.
 */
import type { Index, LogId } from "../core/types.ts";
import { Inflights } from "./inflights.ts";

export type ProgressState = "probe" | "replicate" | "snapshot";

export interface Window {
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
}

const NOWHERE: LogId = { term: 0, index: 0 };

export class Progress {
  match: Index = 0;
  next: Index;
  state: ProgressState = "probe";
  /** In state snapshot: the place of the snapshot that is under way. */
  pendingSnapshot: LogId = NOWHERE;
  /** The commit index that the member learns from what was sent to it, if all of it arrives. */
  sentCommit: Index = 0;
  /** It answered since the leader last looked (check quorum). */
  recentActive = false;
  /** In state probe: an append is under way, wait for the answer or the next heartbeat. */
  probeSent = false;
  /** Send an append even if there is nothing new in it: something may have been lost, or the commit index grew. */
  nudged = false;
  /** The last round of heartbeats that it answered in this term. */
  ackedRound = 0;
  readonly inflights: Inflights;

  constructor(next: Index, window: Window) {
    this.next = next;
    this.inflights = new Inflights(window.maxInflightMessages, window.maxInflightBytes);
  }

  get paused(): boolean {
    switch (this.state) {
      case "probe":
        return this.probeSent;
      case "replicate":
        return this.inflights.full;
      case "snapshot":
        return true;
    }
  }

  becomeProbe(): void {
    // After a snapshot the follower goes on behind it, even if its answer was lost.
    const afterSnapshot = this.pendingSnapshot.index + 1;
    this.#reset("probe");
    this.next = Math.max(this.match + 1, afterSnapshot);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }

  becomeReplicate(): void {
    this.#reset("replicate");
    this.next = this.match + 1;
  }

  becomeSnapshot(snapshot: LogId): void {
    this.#reset("snapshot");
    this.pendingSnapshot = { term: snapshot.term, index: snapshot.index };
    this.next = snapshot.index + 1;
    this.sentCommit = snapshot.index;
  }

  /**
   * The snapshot did not arrive: what the member holds is known no better than before. Nothing is tried again until
   * it shows a sign of life: to one that cannot be reached every try would fail at once.
   */
  snapshotFailed(): void {
    this.pendingSnapshot = NOWHERE;
    this.becomeProbe();
    this.probeSent = true;
  }

  /** An append with entries up to `last` went out. */
  sent(last: Index, bytes: number): void {
    if (this.state === "replicate") {
      this.next = last + 1;
      this.inflights.add(last, bytes);
    } else {
      this.probeSent = true;
    }
  }

  /** The member holds all up to `index`. False when that was known before. */
  maybeUpdate(index: Index): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.probeSent = false;
    return true;
  }

  /**
   * The member refused an append behind `rejected`; `hint` is the last place that may match. False when the
   * answer is an old one and changes nothing.
   */
  maybeDecreaseTo(rejected: Index, hint: Index): boolean {
    if (this.state === "replicate") {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      return true;
    }
    if (this.state === "snapshot" || this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    this.probeSent = false;
    return true;
  }

  #reset(state: ProgressState): void {
    this.state = state;
    this.probeSent = false;
    this.nudged = false;
    this.pendingSnapshot = NOWHERE;
    this.inflights.reset();
  }
}
