import type { Request } from "./envelope.ts";
import { done, refuse, type Result } from "./result.ts";

interface Session {
  lastUsed: number;
  firstUnanswered: number;
  readonly results: Map<number, Result>;
}

type SessionDump = readonly [
  id: number,
  lastUsed: number,
  firstUnanswered: number,
  results: readonly (readonly [number, Result])[],
];

const MAX_SESSIONS = 4096;
/** What a program may have asked without having acknowledged an answer. */
export const MAX_UNANSWERED = 1024;
const IDLE_LIMIT_MS = 3_600_000;

/**
 * What was answered to whom, so that a request that is sent again is not done again (Ongaro 2014, section 6.3).
 *
 * Bounded: a session ends after an hour without a request, or as the longest unused one when there are too many. A
 * request of a session that has ended is refused, never done a second time.
 */
export class Sessions {
  /** The one that was used last is the last one. */
  #sessions = new Map<number, Session>();
  #last: number | undefined;

  open(index: number, now: number): Result<{ session: number }> {
    if (this.#sessions.size >= MAX_SESSIONS) {
      const [oldest] = this.#sessions.keys();
      this.#sessions.delete(oldest!);
    }
    this.#sessions.set(index, { lastUsed: now, firstUnanswered: 0, results: new Map() });
    this.#last = index;
    return done({ session: index });
  }

  find(session: number, sequence: number): Result | undefined {
    return this.#sessions.get(session)?.results.get(sequence);
  }

  /** The answer that was given to this request before, or the reason not to do it; undefined: it is new. */
  answered(request: Request): Result | undefined {
    const session = this.#sessions.get(request.session);
    if (!session) return refuse("SESSION_UNKNOWN", `there is no session ${request.session}`);
    const result = session.results.get(request.sequence);
    if (result) return result;
    if (request.sequence < session.firstUnanswered)
      return refuse("REQUEST_ANSWERED", `request ${request.sequence} was answered and acknowledged`);
    if (unacknowledged(session, request) >= MAX_UNANSWERED)
      return refuse("SESSION_FULL", `session ${request.session} has too many unacknowledged requests`);
    return undefined;
  }

  /** Keeps the answer to a request that `answered` found to be new. */
  keep(request: Request, result: Result, now: number): void {
    const session = this.#sessions.get(request.session)!;
    if (request.session !== this.#last) {
      this.#sessions.delete(request.session);
      this.#sessions.set(request.session, session);
      this.#last = request.session;
    }
    session.lastUsed = now;
    session.results.set(request.sequence, result);
    forget(session, request.firstUnanswered);
  }

  expire(now: number): void {
    for (const [id, session] of this.#sessions) {
      if (session.lastUsed + IDLE_LIMIT_MS > now) return;
      this.#sessions.delete(id);
    }
  }

  dump(): readonly SessionDump[] {
    return [...this.#sessions].map(([id, session]) => [
      id,
      session.lastUsed,
      session.firstUnanswered,
      [...session.results].sort(([a], [b]) => a - b),
    ]);
  }

  load(sessions: readonly SessionDump[]): void {
    this.#sessions = new Map(
      sessions.map(([id, lastUsed, firstUnanswered, results]) => [
        id,
        { lastUsed, firstUnanswered, results: new Map(results) },
      ]),
    );
    this.#last = undefined;
  }
}

/** Gives up the answers below `first`. Those that it passes are fewer than those that it would have to look through. */
function forget(session: Session, first: number): void {
  const { results, firstUnanswered } = session;
  if (first <= firstUnanswered) return;
  session.firstUnanswered = first;
  if (first - firstUnanswered > results.size) {
    for (const sequence of results.keys()) if (sequence < first) results.delete(sequence);
  } else for (let sequence = firstUnanswered; sequence < first; sequence++) results.delete(sequence);
}

/** How many answers are kept, without those that this request acknowledges. */
function unacknowledged(session: Session, request: Request): number {
  if (session.results.size < MAX_UNANSWERED) return session.results.size;
  return [...session.results.keys()].filter((sequence) => sequence >= request.firstUnanswered).length;
}
