import type { Entry, Term } from "../../raft/core/types.ts";
import type { LogAppend } from "../../raft/log/raft-log.ts";
import type { Process } from "../process.ts";
import type { Rule } from "../rule.ts";
import { Violation } from "../violation.ts";

interface Known {
  readonly entry: Entry;
  readonly previousTerm: Term;
}

/**
 * If two logs have an entry with the same index and term, they are equal up to there (3.5): each entry is compared
 * with the first one of its name, and so is the term of the one before it.
 */
export class LogMatching implements Rule {
  readonly #known = new Map<string, Known>();

  appended(process: Process, { entries = [] }: LogAppend): void {
    const { appended } = process.running ?? {};
    for (const entry of entries) {
      const name = `${entry.term}/${entry.index}`;
      const previousTerm = appended?.termAt(entry.index - 1);
      if (previousTerm === undefined) throw new Violation("log matching", `${name} follows nothing`);
      const known = this.#known.get(name) ?? { entry, previousTerm };
      const same = known.entry.kind === entry.kind && Buffer.compare(known.entry.data, entry.data) === 0;
      if (!same) throw new Violation("log matching", `${process.machine.name} holds another entry ${name}`);
      if (known.previousTerm !== previousTerm)
        throw new Violation(
          "log matching",
          `at ${process.machine.name} ${name} follows one of term ${previousTerm}, elsewhere of ${known.previousTerm}`,
        );
      this.#known.set(name, known);
    }
  }
}
