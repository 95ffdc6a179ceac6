/** Every event of a run: the last of them for the report, all of them in a hash. */
import type { RaftStatus } from "../raft/core/status.ts";

const KEPT = 60;

/** What happened, as it is told: it becomes a line when somebody wants to read it. */
export interface TraceEvent {
  /** In milliseconds of true time. */
  readonly at: number;
  /** The machine whose event it was. */
  readonly who: string;
  readonly what: string;
  /** What its core is like after it. */
  readonly status: RaftStatus | undefined;
}

export class Trace {
  readonly #print: ((line: string) => void) | undefined;
  /** A ring: the event number n lies at n modulo its size. */
  readonly #kept: TraceEvent[] = [];
  readonly #time = new Float64Array(1);
  readonly #halves = new Int32Array(this.#time.buffer);
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  #events = 0;

  /** @param print gets every event as a line, when somebody wants to see them */
  constructor(print?: (line: string) => void) {
    this.#print = print;
  }

  get events(): number {
    return this.#events;
  }

  /** The latest events as lines, oldest first. */
  get last(): readonly string[] {
    const oldest = this.#events % KEPT;
    return [...this.#kept.slice(oldest), ...this.#kept.slice(0, oldest)].map(lineOf);
  }

  /** 16 hexadecimal digits that every event so far has changed. */
  get hash(): string {
    return [this.#high, this.#low].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
  }

  add(event: TraceEvent): void {
    this.#kept[this.#events++ % KEPT] = event;
    this.#time[0] = event.at;
    this.#mix(this.#halves[0]!);
    this.#mix(this.#halves[1]!);
    this.#mixText(event.who);
    this.#mixText(event.what);
    const { status } = event;
    if (status !== undefined) {
      this.#mixText(status.role);
      this.#mix(status.term);
      this.#mix(status.last.term);
      this.#mix(status.last.index);
      this.#mix(status.commit);
      this.#mix(status.applied);
    }
    this.#print?.(lineOf(event));
  }

  #mix(number: number): void {
    this.#low = Math.imul(this.#low ^ number, 0x01000193);
    this.#high = Math.imul(this.#high ^ number, 0x85ebca6b) ^ (this.#low >>> 15);
  }

  #mixText(text: string): void {
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at));
    this.#mix(-1);
  }
}

function lineOf({ at, who, what, status }: TraceEvent): string {
  const line = `${at.toFixed(4)} ${who} ${what}`;
  if (status === undefined) return line;
  const { role, term, commit, last, applied } = status;
  return `${line} ${role} ${term} ${last.term}/${last.index} ${commit} ${applied}`;
}
