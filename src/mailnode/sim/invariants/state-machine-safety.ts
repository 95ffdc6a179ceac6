import { crc32c } from "../../../support/crc32c.ts";
import type { StateEntry } from "../../state/machine.ts";
import type { Process } from "../process.ts";
import type { Rule } from "../rule.ts";
import { Violation } from "../violation.ts";

interface Known {
  readonly seen: string;
  /** The command before it; undefined while only somebody applied it whose state came from a snapshot. */
  previous: number | undefined;
}

const RULE = "state machine safety";

/**
 * Nobody applies another command at an index, and nobody passes one over (3.6.3); who applied the same has the
 * same state, to the byte.
 */
export class StateMachineSafety implements Rule {
  readonly #known = new Map<number, Known>();
  readonly #last = new Map<Process, number>();
  readonly #states = new Map<number, string>();

  applied(process: Process, { index, term, data }: StateEntry): void {
    const { name } = process.machine;
    const seen = `${term} ${data.length} ${crc32c(data)}`;
    const previous = this.#last.get(process);
    const known = this.#known.get(index) ?? { seen, previous };
    if (known.seen !== seen)
      throw new Violation(RULE, `${name} applied another command at ${index} than others`);
    known.previous ??= previous;
    if (previous !== undefined && previous !== known.previous)
      throw new Violation(RULE, `${name} applied ${index} after ${previous}, others after ${known.previous}`);
    this.#known.set(index, known);
    this.#last.set(process, index);
  }

  restored(process: Process): void {
    this.#last.delete(process);
  }

  snapshot(process: Process, bytes: Uint8Array): void {
    const { applied } = process.running!.replica.machine;
    const state = `${bytes.length} ${crc32c(bytes)}`;
    const known = this.#states.get(applied) ?? state;
    if (known !== state)
      throw new Violation(RULE, `${process.machine.name} has another state after ${applied} than others`);
    this.#states.set(applied, state);
  }
}
