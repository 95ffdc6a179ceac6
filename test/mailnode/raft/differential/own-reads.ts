/**
 * The reads of one core by the names that the schedule gave them. The core numbers its requests and its rounds of
 * heartbeats; the oracle puts the name of the last read that waits into each heartbeat. So that both say the same,
 * a round is called by that read, too.
 */
import type { Term } from "../../../../src/mailnode/raft/core/types.ts";

/** The name of every read of a cluster, by the number of its request. */
export type ReadNames = Map<number, string>;

export class OwnReads {
  readonly #names: ReadNames;
  /** Asked of this node as the leader: those that no round goes out for yet, and those that one went out for. */
  #waiting: string[] = [];
  #asked: string[] = [];
  #round = 0;
  /** What a round was called, by term and round. */
  readonly #rounds = new Map<string, string>();
  readonly #answers: string[] = [];

  constructor(names: ReadNames) {
    this.#names = names;
  }

  get answers(): readonly string[] {
    return this.#answers;
  }

  nameOf(request: number): string {
    return this.#names.get(request)!;
  }

  /** A leader took it. */
  add(request: number): void {
    this.#waiting.push(this.nameOf(request));
  }

  /** A heartbeat goes out. But for one that a tick makes, the first of a round takes all that wait with it. */
  sent(term: Term, round: number, byTick: boolean): string | undefined {
    if (round > this.#round) {
      this.#round = round;
      if (!byTick) this.#asked.push(...this.#waiting.splice(0));
      const last = this.#asked.at(-1);
      if (last !== undefined) this.#rounds.set(`${term}/${round}`, last);
    }
    return this.called(term, round);
  }

  called(term: Term, round: number): string | undefined {
    return this.#rounds.get(`${term}/${round}`);
  }

  /** The leader answers; an answer to itself is a read state. */
  answered(request: number): void {
    const name = this.nameOf(request);
    this.#waiting = this.#waiting.filter((other) => other !== name);
    this.#asked = this.#asked.filter((other) => other !== name);
  }

  arrived(request: number, index: number): void {
    this.answered(request);
    this.#answers.push(`${this.nameOf(request)} at ${index}`);
  }

  /** It does not lead any more, or not in this term. */
  forget(): void {
    this.#waiting = [];
    this.#asked = [];
    this.#round = 0;
  }
}
