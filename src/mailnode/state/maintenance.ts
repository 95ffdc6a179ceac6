import type { CommandOf } from "./command.ts";
import type { Context } from "./context.ts";
import { Records } from "./records.ts";
import { DONE, refuse, type Result } from "./result.ts";

export interface MaintenanceRecord {
  /** "draining" while sessions end, "maintenance" once the node serves none. */
  readonly phase: "draining" | "maintenance";
  readonly drainTimeoutMs: number;
  /** Whether open sessions may end by themselves within the time-out. */
  readonly graceful: boolean;
  /** Whether clients that are bound to the node are given to others. */
  readonly migrateSessions: boolean;
  /** Sessions that were cut off when the time was over. */
  readonly left: number;
  readonly startedAt: number;
  readonly startedMs: number;
  readonly by: string;
  readonly expiresAt?: undefined;
}

/** Which nodes are out of service by intent. The one mark from which all that is shown and answered derives. */
export class Maintenances {
  readonly #records = new Records<MaintenanceRecord>("maintenance");

  get(node: string): MaintenanceRecord | undefined {
    return this.#records.get(node);
  }

  list(): readonly (readonly [string, MaintenanceRecord])[] {
    return this.#records.list();
  }

  enter(command: CommandOf<"maintenance.enter">, context: Context): Result {
    const { type: _type, node, ...options } = command;
    if (this.#records.get(node)) return refuse("IN_MAINTENANCE", `${node} is in maintenance already`);
    const record = {
      ...options,
      phase: "draining" as const,
      left: 0,
      startedAt: context.now,
      startedMs: context.wallMs,
      by: context.actor,
    };
    this.#records.set(node, record, context);
    return DONE;
  }

  drained(command: CommandOf<"maintenance.drained">, context: Context): Result {
    const record = this.#records.get(command.node);
    if (!record) return refuse("NOT_FOUND", `${command.node} is not in maintenance`);
    this.#records.set(command.node, { ...record, phase: "maintenance", left: command.left }, context);
    return DONE;
  }

  exit(command: CommandOf<"maintenance.exit">, context: Context): Result {
    if (!this.#records.delete(command.node, context))
      return refuse("NOT_FOUND", `${command.node} is not in maintenance`);
    return DONE;
  }

  dump(): unknown {
    return this.#records.dump();
  }

  load(records: ReturnType<Records<MaintenanceRecord>["dump"]>): void {
    this.#records.load(records);
  }
}
