import type { Command } from "./command.ts";
import type { Context } from "./context.ts";
import type { Result } from "./result.ts";

export interface AuditRecord {
  readonly index: number;
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  /** "done", or the code of what came of it instead. */
  readonly outcome: string;
}

/** Older records leave as new ones come; who must keep them for longer reads them in time. */
export const AUDIT_MAX_RECORDS = 4096;

/** A key may be longer than a name: the record has its beginning. */
const MAX_TARGET = 255;

/** Every operation on the cluster, done or refused, in the order in which it happened. */
export class AuditLog {
  #records: AuditRecord[] = [];
  #first = 0;

  /** Writes down what is an operation; what nodes do among themselves all day is none. */
  record(command: Command, result: Result, context: Context): void {
    const operation = operationOf(command);
    if (!operation) return;
    const { index, wallMs, actor } = context;
    const outcome = result.ok ? "done" : result.code;
    const record = { index, atMs: wallMs, actor, outcome, ...operation };
    if (this.#records.length < AUDIT_MAX_RECORDS) this.#records.push(record);
    else {
      this.#records[this.#first] = record;
      this.#first = (this.#first + 1) % AUDIT_MAX_RECORDS;
    }
  }

  /** Oldest first. */
  list(): readonly AuditRecord[] {
    return [...this.#records.slice(this.#first), ...this.#records.slice(0, this.#first)];
  }

  load(records: readonly AuditRecord[]): void {
    this.#records = [...records];
    this.#first = 0;
  }
}

interface Operation {
  readonly action: string;
  readonly target: string;
  /** Of what was no command of the state: there its own word counts. */
  readonly outcome?: string;
}

function operationOf(command: Command): Operation | undefined {
  switch (command.type) {
    case "key.set":
    case "key.delete":
      return command.audit ? { action: command.type, target: beginningOf(command.key) } : undefined;
    case "config.put":
    case "limit.define":
    case "limit.remove":
    case "account.put":
    case "account.remove":
      return { action: command.type, target: command.name };
    case "node.remove":
    case "maintenance.enter":
    case "maintenance.drained":
    case "maintenance.exit":
      return { action: command.type, target: command.node };
    case "affinity.move":
      return { action: command.type, target: command.from };
    case "audit.record":
      return { action: command.action, target: command.target, outcome: command.outcome ?? "done" };
    default:
      return undefined;
  }
}

/** Without half a surrogate pair at its end: that has no UTF-8, and no snapshot could be written any more. */
function beginningOf(key: string): string {
  const cut = key.slice(0, MAX_TARGET);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}
