import type { Request } from "../state/envelope.ts";
import type { Result } from "../state/result.ts";

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

  begin(session: number): OwnRequest {
    const sequence = this.#next++;
    while (this.#firstUnanswered < sequence && !this.#underWay.has(this.#firstUnanswered))
      this.#firstUnanswered++;
    const own = new OwnRequest({ session, sequence, firstUnanswered: this.#firstUnanswered });
    this.#underWay.set(sequence, own);
    return own;
  }

  /** Nobody waits for it any more. */
  end({ request }: OwnRequest): void {
    this.#underWay.delete(request.sequence);
  }

  /** A request was applied: whoever waits for it here, if it is one of these, has its result. */
  settle({ session, sequence }: Request, result: Result): void {
    const own = this.#underWay.get(sequence);
    if (own?.request.session === session) own.settle(result);
  }

  /** The state was replaced by one that may know the results of some. */
  settleBy(answerTo: (session: number, sequence: number) => Result | undefined): void {
    for (const own of this.#underWay.values()) {
      const result = answerTo(own.request.session, own.request.sequence);
      if (result) own.settle(result);
    }
  }
}
