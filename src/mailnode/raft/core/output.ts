/** Gathers what a core hands out, and knows what it handed to the disk before. */
import type { Batch, PersistToken, Ready, SoftState } from "./ready.ts";
import type { RaftState } from "./state.ts";
import type { HardState } from "./types.ts";

export class Output {
  readonly #state: RaftState;
  #soft: SoftState;
  #hard: HardState;
  #sequence = 0;
  #persisted = 0;

  constructor(state: RaftState, hardState: HardState) {
    this.#state = state;
    this.#soft = softStateOf(state);
    this.#hard = hardState;
  }

  /** All that there is, or undefined. */
  take(): Ready | undefined {
    const state = this.#state;
    const softState = this.#takeSoftState();
    const committed = state.isWitness ? [] : state.log.takeCommitted(state.options.maxApplyBytes);
    const handed = state.log.handed;
    const entries = state.log.takeUnwritten();
    const snapshot = state.snapshotToPersist;
    state.snapshotToPersist = undefined;
    // A snapshot's place counts as handed, and is written in this batch only: behind the hard state.
    const written = snapshot === undefined ? handed : 0;
    const hardState = this.#takeHardState(written, entries.length > 0 || snapshot !== undefined);
    const hasContents = entries.length > 0 || snapshot !== undefined || hardState !== undefined;

    const messages = state.messages.splice(0);
    let messagesAfterPersist = state.messagesAfterPersist.splice(0);
    if (!hasContents && this.#persisted === this.#sequence) {
      // All is durable already.
      messages.push(...messagesAfterPersist);
      messagesAfterPersist = [];
    }
    const readStates = state.readStates.splice(0);
    let batch: Batch | undefined;
    if (hasContents || messagesAfterPersist.length > 0) {
      const token = { sequence: ++this.#sequence, term: state.term, last: state.log.last };
      batch = { token, hardState, snapshot, entries };
    }
    if (
      softState === undefined &&
      batch === undefined &&
      messages.length === 0 &&
      committed.length === 0 &&
      readStates.length === 0
    ) {
      return undefined;
    }
    return { softState, batch, messages, messagesAfterPersist, committed, readStates };
  }

  /** A batch came back; they do so in order. */
  persisted(token: PersistToken): void {
    this.#persisted = Math.max(this.#persisted, token.sequence);
  }

  #takeSoftState(): SoftState | undefined {
    const before = this.#soft;
    const now = softStateOf(this.#state);
    if (
      now.term === before.term &&
      now.role === before.role &&
      now.leader === before.leader &&
      now.transferee === before.transferee
    ) {
      return undefined;
    }
    this.#soft = now;
    return now;
  }

  /**
   * Term and vote as soon as they change. The commit index rides along: it is found again without the disk. It
   * never names an entry of its own batch, nor the snapshot in it, which a torn write could lose: it would commit
   * whatever older entries stand there.
   */
  #takeHardState(written: number, hasContents: boolean): HardState | undefined {
    const { term, vote, log } = this.#state;
    const commit = Math.max(this.#hard.commit, Math.min(log.committed, written));
    const before = this.#hard;
    const same = term === before.term && vote === before.vote;
    if (same && (!hasContents || commit === before.commit)) return undefined;
    this.#hard = { term, vote, commit };
    return this.#hard;
  }
}

function softStateOf(state: RaftState): SoftState {
  const { term, role, leader, transferee } = state;
  return { term, role, leader, transferee };
}
