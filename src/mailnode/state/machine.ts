import { sha256 } from "../../support/hash.ts";
import { Accounts } from "./accounts.ts";
import { Bindings } from "./affinity.ts";
import { AuditLog } from "./audit-log.ts";
import { StateClock } from "./clock.ts";
import { CodecError } from "./codec-error.ts";
import { decodeValue, encodeValue } from "./codec.ts";
import type { Command } from "./command.ts";
import type { Context, StateEvent } from "./context.ts";
import { Documents } from "./documents.ts";
import { decodeCommand, readStamp, STATE_VERSION, StateVersionError, type Envelope } from "./envelope.ts";
import { Keys } from "./keys.ts";
import { Leases } from "./leases.ts";
import { Limits } from "./limits.ts";
import { Maintenances } from "./maintenance.ts";
import { Nodes } from "./nodes.ts";
import { DONE, refuse, type Result } from "./result.ts";
import { Sessions } from "./sessions.ts";

/** A committed entry, as the consensus layer hands it over, each index once and in order. */
export interface StateEntry {
  readonly index: number;
  readonly term: number;
  readonly data: Uint8Array;
}

export interface Applied {
  readonly result: Result;
  readonly events: readonly StateEvent[];
  /** Absent when the entry was no command. */
  readonly envelope?: Envelope;
}

/**
 * The replicated state. What it becomes follows from its entries alone: no clock, no chance, no order of a hash
 * table. Replicas that applied the same entries have the same hash.
 */
export class StateMachine {
  readonly leases = new Leases();
  readonly keys = new Keys(this.leases);
  readonly documents = new Documents();
  readonly nodes = new Nodes();
  readonly limits = new Limits();
  readonly bindings = new Bindings();
  readonly maintenances = new Maintenances();
  readonly accounts = new Accounts();
  readonly audit = new AuditLog();
  readonly #clock = new StateClock();
  readonly #sessions = new Sessions();
  #applied = 0;

  /** The index of the last applied entry. */
  get applied(): number {
    return this.#applied;
  }

  /** The state's time in milliseconds since its first entry; see StateClock. */
  get now(): number {
    return this.#clock.elapsed;
  }

  /**
   * Applies the next entry. Throws StateVersionError when another release wrote it, and RangeError when entries
   * are out of order: the node must stop then, as it can no longer be the same as its peers.
   */
  apply(entry: StateEntry): Applied {
    if (entry.index <= this.#applied)
      throw new RangeError(`entry ${entry.index} comes after entry ${this.#applied}`);
    const events: StateEvent[] = [];
    const emit = (event: StateEvent): void => void events.push(event);
    try {
      const stamp = readStamp(entry.data);
      const envelope = decodeCommand(entry.data);
      this.#clock.advance(entry.term, stamp);
      const { now } = this;
      const context = { index: entry.index, now, wallMs: stamp.wallMs, actor: envelope.actor, emit };
      this.#expire(context);
      const result = this.#once(envelope, context);
      this.#applied = entry.index;
      return { result, events, envelope };
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      // Bytes that no release can read are refused by all: to stop would stop the whole cluster for good.
      this.#applied = entry.index;
      return { result: refuse("MALFORMED", error.message), events };
    }
  }

  /** What a request was answered, as long as that is kept. */
  answerTo(session: number, sequence: number): Result | undefined {
    return this.#sessions.find(session, sequence);
  }

  /** The whole state in canonical bytes: a version, then the tables, sorted. */
  snapshot(): Uint8Array {
    const tables = {
      applied: this.#applied,
      clock: this.#clock.dump(),
      sessions: this.#sessions.dump(),
      leases: this.leases.dump(),
      keys: this.keys.dump(),
      documents: this.documents.dump(),
      nodes: this.nodes.dump(),
      limits: this.limits.dump(),
      bindings: this.bindings.dump(),
      maintenances: this.maintenances.dump(),
      accounts: this.accounts.dump(),
      audit: this.audit.list(),
    };
    const bytes = encodeValue(tables, 1);
    bytes[0] = STATE_VERSION;
    return bytes;
  }

  /**
   * Takes the place of all that is here. Throws StateVersionError or CodecError and changes nothing when the
   * bytes cannot be read; that they are whole is the business of the one who kept them.
   */
  restore(bytes: Uint8Array): void {
    if (bytes[0] !== STATE_VERSION) throw new StateVersionError(bytes[0] ?? 0);
    const state = decodeValue(bytes, 1) as Record<string, never>;
    this.#applied = state.applied!;
    this.#clock.load(state.clock!);
    this.#sessions.load(state.sessions!);
    this.leases.load(state.leases!);
    this.keys.load(state.keys!);
    this.documents.load(state.documents!);
    this.nodes.load(state.nodes!);
    this.limits.load(state.limits!);
    this.bindings.load(state.bindings!);
    this.maintenances.load(state.maintenances!);
    this.accounts.load(state.accounts!);
    this.audit.load(state.audit!);
  }

  /** SHA-256 of the snapshot: equal on replicas that have applied the same entries. */
  hash(): string {
    return sha256(this.snapshot());
  }

  #once({ command, request }: Envelope, context: Context): Result {
    if (!request) return this.#do(command, context);
    const answered = this.#sessions.answered(request);
    if (answered) return answered;
    const result = this.#do(command, context);
    this.#sessions.keep(request, result, context.now);
    return result;
  }

  #do(command: Command, context: Context): Result {
    const result = this.#dispatch(command, context);
    this.audit.record(command, result, context);
    return result;
  }

  #dispatch(command: Command, context: Context): Result {
    switch (command.type) {
      case "tick":
      case "audit.record":
        return DONE;
      case "session.open":
        return this.#sessions.open(context.index, context.now);
      case "key.set":
        return this.keys.set(command, context);
      case "key.delete":
        return this.keys.delete(command, context);
      case "lease.acquire":
        return this.leases.acquire(command, context);
      case "lease.renew":
        return this.leases.renew(command, context);
      case "lease.release":
        return this.leases.release(command, context);
      case "config.put":
        return this.documents.put(command, context);
      case "node.report":
        return this.nodes.report(command, context);
      case "node.remove":
        return this.nodes.remove(command, context);
      case "limit.define":
        return this.limits.define(command, context);
      case "limit.remove":
        return this.limits.remove(command, context);
      case "limit.grant":
        return this.limits.grant(command, context);
      case "limit.settle":
        return this.limits.settle(command, context);
      case "affinity.bind":
        return this.bindings.bind(command, context);
      case "affinity.unbind":
        return this.bindings.unbind(command, context);
      case "affinity.move":
        return this.bindings.move(command, context);
      case "maintenance.enter":
        return this.maintenances.enter(command, context);
      case "maintenance.drained":
        return this.maintenances.drained(command, context);
      case "maintenance.exit":
        return this.maintenances.exit(command, context);
      case "account.put":
        return this.accounts.put(command, context);
      case "account.remove":
        return this.accounts.remove(command, context);
    }
  }

  #expire(context: Context): void {
    this.#sessions.expire(context.now);
    this.leases.expire(context);
    this.keys.expire(context);
    this.limits.expire(context);
    this.bindings.expire(context);
  }
}
