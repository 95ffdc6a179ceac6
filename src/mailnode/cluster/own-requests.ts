import type { Request } from "../state/envelope.ts";
import type { Result } from "../state/result.ts";
import { MAX_UNANSWERED } from "../state/sessions.ts";
import { NotProposed } from "./consensus.ts";
import type { TimeLimit } from "./time-limits.ts";

/** From the first without an answer to the last one. One less than the state keeps: it refuses when it has as many. */
const MAX_SPAN = MAX_UNANSWERED - 1;

/** A request of this node on its way through the log, over all tries to get it there. */
export class OwnRequest {
  readonly request: Request;
  #ended = false;
  #result: Result | undefined;
  #wake: ((result: Result | undefined) => void) | undefined;

  constructor(request: Request) {
    this.request = request;
  }

  /** It was applied here with this result; undefined: not in time. What comes after the first counts for nothing. */
  settle(result: Result | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#result = result;
    this.#wake?.(result);
  }

  /**
   * Waits until it is settled. Rejects as the try under way does, if that fails before: the next try waits anew. One
   * caller waits at a time.
   */
  settled(trying?: Promise<unknown>): Promise<Result | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#ended) resolve(this.#result);
      this.#wake = resolve;
      trying?.catch(reject);
    });
  }
}

/** This node's requests that have no answer yet, by their numbers. */
export class OwnRequests {
  readonly #underWay = new Map<number, OwnRequest>();
  #next = 0;
  #firstUnanswered = 0;
  #waiting: (() => void)[] = [];

  /** Whether one more would be refused, as the state had to keep too many answers behind one that is not there yet. */
  get isFull(): boolean {
    return this.#next - this.#passAnswered() >= MAX_SPAN;
  }

  /** Resolves when one more may begin. Rejects with NotProposed when its time is over before. */
  async room(limit: TimeLimit): Promise<void> {
    while (this.isFull) {
      if (limit.over) throw new NotProposed("overloaded");
      await new Promise<void>((wake) => {
        this.#waiting.push(wake);
        limit.onOver(wake);
      });
    }
  }

  /** Begins the next one, for which there must be room. */
  begin(session: number): OwnRequest {
    const firstUnanswered = this.#passAnswered();
    const sequence = this.#next++;
    const own = new OwnRequest({ session, sequence, firstUnanswered });
    this.#underWay.set(sequence, own);
    return own;
  }

  /** Nobody waits for it any more. */
  end({ request }: OwnRequest): void {
    this.#answered(request.sequence);
  }

  /** A request was applied: whoever waits for it here, if it is one of these, has its result. */
  settle({ session, sequence }: Request, result: Result): void {
    const own = this.#underWay.get(sequence);
    if (own?.request.session !== session) return;
    own.settle(result);
    // It may be waited for on, until more disks have it; sent again, it would still keep this result.
    this.#answered(sequence);
  }

  /** The state was replaced by one that may know the results of some. */
  settleBy(answerTo: (session: number, sequence: number) => Result | undefined): void {
    for (const own of this.#underWay.values()) {
      const result = answerTo(own.request.session, own.request.sequence);
      if (result === undefined) continue;
      own.settle(result);
      this.#answered(own.request.sequence);
    }
  }

  /** Gives the first without an answer; the next one, if all have theirs. */
  #passAnswered(): number {
    while (this.#firstUnanswered < this.#next && !this.#underWay.has(this.#firstUnanswered))
      this.#firstUnanswered++;
    return this.#firstUnanswered;
  }

  #answered(sequence: number): void {
    this.#underWay.delete(sequence);
    if (this.#waiting.length === 0 || this.isFull) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
