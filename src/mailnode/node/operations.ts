import type { Logger } from "pino";
import { UserError } from "../../support/errors.ts";
import { NotRecorded, type Audit } from "../cluster/audit.ts";
import { NotProposed, OutcomeUnknown } from "../cluster/consensus.ts";

/** Something that is done to the cluster and is no command of its state: a change of members, a transfer. */
export interface Operation {
  readonly action: string;
  /** Whom it is to be done to, as it was asked for. */
  readonly target: string;
  readonly actor: string;
}

/** Does operations, and has the audit log say what came of each. */
export class Operations {
  readonly #audit: Audit;
  readonly #log: Logger;

  constructor(audit: Audit, log: Logger) {
    this.#audit = audit;
    this.#log = log;
  }

  /**
   * Does an operation and writes it down, also when it was refused or its end is unclear. Throws what `task` throws,
   * and NotRecorded when it was done and that could not be written.
   *
   * @param task gives whom it was done to; undefined: nothing had to be done, and nothing is written
   */
  async run<Target extends string | undefined>(
    operation: Operation,
    task: () => Promise<Target>,
  ): Promise<Target> {
    const { action, actor } = operation;
    const target = await task().catch(async (error: unknown) => {
      await this.#recordFailure(operation, error);
      throw error;
    });
    if (target === undefined) return target;
    await this.#audit.record(action, target, actor).catch((cause: unknown) => {
      throw new NotRecorded(`${action} of ${target} is done, and may be missing in the audit log`, { cause });
    });
    return target;
  }

  async #recordFailure({ action, target, actor }: Operation, failure: unknown): Promise<void> {
    const outcome = outcomeOf(failure);
    if (outcome === undefined) return;
    await this.#audit.record(action, target, actor, outcome).catch((error: unknown) => {
      this.#log.warn(
        { action, target, actor, outcome, err: error },
        "an operation could not be written down",
      );
    });
  }
}

/** How the audit log calls a failure; undefined: nobody would take the record either, or the fault is one of ours. */
function outcomeOf(failure: unknown): string | undefined {
  if (failure instanceof UserError) return failure.code;
  if (failure instanceof OutcomeUnknown) return "OUTCOME_UNKNOWN";
  return failure instanceof NotProposed && failure.reason === "transferring" ? "NOT_PROPOSED" : undefined;
}
