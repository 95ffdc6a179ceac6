import type { AuditRecord } from "../state/audit-log.ts";
import type { Replica } from "./replica.ts";

export interface AuditQuery {
  /** Only what came after this index. */
  readonly after?: number;
  readonly actor?: string;
  readonly action?: string;
}

/** Definite: it is done and stays. What the shared state should say of it is missing, or may be. */
export class NotRecorded extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options);
    this.name = "NotRecorded";
  }
}

/** Who did what to the cluster, and what came of it: written by the state itself as it applies each operation. */
export class Audit {
  readonly #replica: Replica;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /**
   * Writes down an operation that is no command of the state. Throws like Replica.perform.
   *
   * @param outcome why it was not done; absent: it was
   */
  async record(action: string, target: string, actor: string, outcome?: string): Promise<void> {
    await this.#replica.perform<"audit.record">({ type: "audit.record", action, target, outcome }, { actor });
  }

  /** What this node has applied, oldest first. */
  list(query: AuditQuery = {}): readonly AuditRecord[] {
    const { after = 0, actor, action } = query;
    return this.#replica.machine.audit
      .list()
      .filter(
        (record) =>
          record.index > after &&
          (actor === undefined || record.actor === actor) &&
          (action === undefined || record.action === action),
      );
  }
}
