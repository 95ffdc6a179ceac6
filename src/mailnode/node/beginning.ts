import type { Logger } from "pino";
import type { Founders } from "../raft/shell/founders.ts";
import type { FoundingNote } from "./founding-note.ts";
import { foundingStep, type FoundingNode } from "./founding.ts";

export interface BeginningParts {
  readonly self: Omit<FoundingNode, "note">;
  readonly founders: readonly string[];
  readonly others: () => readonly FoundingNode[];
  /** Others have been looked for long enough. */
  readonly looked: () => boolean;
  /** Whether the log has never been part of a cluster, and with whom it was founded while it knows. */
  readonly log: { readonly isEmpty: boolean; readonly founders: Founders | undefined };
  /** Sets the log going: as a founder when founders are named, else as what it holds. */
  readonly begin: (founders: Founders | undefined) => Promise<void>;
  readonly logger: Logger;
}

/** How a node comes to be part of its cluster: its log is set going once, when it is known with whom. */
export class Beginning {
  readonly #parts: BeginningParts;
  #note: FoundingNote = { kind: "empty" };
  #why: string | undefined;
  #begun = false;

  constructor(parts: BeginningParts) {
    this.#parts = parts;
  }

  /** Whether the log goes. */
  get begun(): boolean {
    return this.#begun;
  }

  /** What it waits for; undefined when the log goes. */
  get why(): string | undefined {
    return this.#begun ? undefined : this.#why;
  }

  /** What to tell the others. */
  get note(): FoundingNote {
    const { isEmpty, founders } = this.#parts.log;
    if (isEmpty) return this.#note;
    return founders === undefined ? { kind: "founded" } : { kind: "founded", founders };
  }

  /** Looks whether it is time; true when the log was set going by this call. Throws what beginning throws. */
  async look(): Promise<boolean> {
    if (this.#begun) return false;
    const { log, self, founders, others, looked, logger } = this.#parts;
    if (!log.isEmpty) return this.#begin(undefined, "going on from the log");
    const step = foundingStep({ self, founders, others: others(), looked: looked() });
    switch (step.do) {
      case "found":
        return this.#begin(step.founders, "founding the cluster");
      case "join":
        return this.#begin(undefined, "there is a cluster: waiting to be taken in");
      case "wait":
        if (step.why !== this.#why) logger.info({ why: step.why }, "not part of a cluster yet");
        this.#note = step.say;
        this.#why = step.why;
        return false;
    }
  }

  async #begin(founders: Founders | undefined, what: string): Promise<boolean> {
    this.#begun = true;
    this.#parts.logger.info({ member: this.#parts.self.id, ...founders }, what);
    await this.#parts.begin(founders);
    return true;
  }
}
