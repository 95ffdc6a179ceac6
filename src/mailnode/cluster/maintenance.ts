import type { Env } from "../../support/env.ts";
import type { MaintenanceRecord } from "../state/maintenance.ts";
import type { Replica } from "./replica.ts";

export interface MaintenanceOptions {
  /** How long open sessions may take to end by themselves. */
  readonly drainTimeoutMs: number;
  /** False: open sessions are ended at once, at the next point where the protocol allows it. */
  readonly graceful: boolean;
  /** Whether clients that are bound to the node are given to others. */
  readonly migrateSessions: boolean;
}

export const MAINTENANCE_DEFAULTS: MaintenanceOptions = {
  drainTimeoutMs: 300_000,
  graceful: true,
  migrateSessions: true,
};

/** What drains: the mail node's listeners. */
export interface SessionGate {
  /** Sessions that are open now. */
  count(): number;
  /** No new sessions from now on; open ones go on. */
  close(): void;
  open(): void;
  /** Ends what is open, each after its transaction with 421, within a bounded time; nothing more once the signal is aborted. */
  endAll(signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 100;
const RETRY_MS = 1000;

/**
 * Takes nodes out of service and back, and carries that out on its own node.
 *
 * The mark in the replicated state is the one truth: a node that was away when it was set, or that was started
 * again meanwhile, follows it as soon as it sees it.
 */
export class Maintenance {
  readonly #replica: Replica;
  readonly #gate: SessionGate;
  readonly #env: Env;
  readonly #serving: () => readonly string[];
  #draining: AbortController | undefined;
  #closed = false;

  /** @param serving the nodes that take sessions now */
  constructor(replica: Replica, gate: SessionGate, env: Env, serving: () => readonly string[]) {
    this.#replica = replica;
    this.#gate = gate;
    this.#env = env;
    this.#serving = serving;
  }

  /** Whether this node is out of service, or on its way there. */
  get isInMaintenance(): boolean {
    return this.of(this.#replica.id) !== undefined;
  }

  of(node: string): MaintenanceRecord | undefined {
    return this.#replica.machine.maintenances.get(node);
  }

  /** Sets a node's mark; it drains by itself. Throws Refused with IN_MAINTENANCE, and like Replica.perform. */
  async enter(
    node: string,
    options: MaintenanceOptions = MAINTENANCE_DEFAULTS,
    actor?: string,
  ): Promise<void> {
    const { drainTimeoutMs, graceful, migrateSessions } = options;
    const command = { type: "maintenance.enter" as const, node, drainTimeoutMs, graceful, migrateSessions };
    await this.#replica.perform<"maintenance.enter">(command, actor === undefined ? {} : { actor });
  }

  /** Takes a node's mark away. Throws Refused with NOT_FOUND, and like Replica.perform. */
  async exit(node: string, actor?: string): Promise<void> {
    const command = { type: "maintenance.exit" as const, node };
    await this.#replica.perform<"maintenance.exit">(command, actor === undefined ? {} : { actor });
  }

  /** Follows this node's own mark until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const { id } = this.#replica;
    const look = (): void => this.#follow(this.of(id));
    // The registry's keys are whole names: another node's name may begin with this one's, and looking again is free.
    const end = this.#replica.watch("maintenance", id, { changed: look, reset: look });
    look();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    end();
    this.#draining?.abort();
  }

  #follow(record: MaintenanceRecord | undefined): void {
    if (!record) {
      this.#draining?.abort();
      this.#draining = undefined;
      if (this.#closed) this.#gate.open();
      this.#closed = false;
      return;
    }
    if (!this.#closed) this.#gate.close();
    this.#closed = true;
    if (this.#draining || record.phase === "maintenance") return;
    const { signal } = (this.#draining = new AbortController());
    // Its own failures are tried again within; what is thrown besides ends with the mark.
    this.#drain(record, signal).catch(() => undefined);
  }

  async #drain(record: MaintenanceRecord, signal: AbortSignal): Promise<void> {
    const started = this.#env.monotonic();
    await this.#giveAwayLeadership(signal);
    if (record.migrateSessions) await this.#handClientsOver(signal);
    const over = (): boolean => this.#env.monotonic() - started >= record.drainTimeoutMs;
    while (record.graceful && this.#gate.count() > 0 && !over()) await this.#env.sleep(LOOK_MS, signal);
    const left = this.#gate.count();
    // The mark may be gone by now, and sessions are taken again.
    signal.throwIfAborted();
    if (left > 0) await this.#gate.endAll(signal);
    const { id } = this.#replica;
    await this.#insist(signal, () =>
      this.#replica.perform<"maintenance.drained">({ type: "maintenance.drained", node: id, left }),
    );
  }

  /** To a node that serves. Without one who takes it, the node leads on: a leader need not take mail. */
  async #giveAwayLeadership(signal: AbortSignal): Promise<void> {
    const { consensus, id } = this.#replica;
    if (consensus.leader()?.id !== id) return;
    const serving = new Set(this.#others());
    const heirs = consensus
      .members()
      .filter((member) => member.voter && !member.witness && serving.has(member.id));
    for (const heir of heirs) {
      const gone = await consensus.transferLeadership(heir.id, signal).then(
        () => true,
        () => false,
      );
      if (gone || signal.aborted) return;
    }
  }

  async #handClientsOver(signal: AbortSignal): Promise<void> {
    const to = this.#others();
    if (to.length === 0) return;
    const { id } = this.#replica;
    await this.#insist(signal, () =>
      this.#replica.perform<"affinity.move">({ type: "affinity.move", from: id, to }),
    );
  }

  #others(): string[] {
    return this.#serving().filter((node) => node !== this.#replica.id);
  }

  /** Tries again until it is done or the mark is gone: all of these may be done twice. */
  async #insist(signal: AbortSignal, task: () => Promise<unknown>): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const done = await task().then(
        () => true,
        () => false,
      );
      if (done) return;
      await this.#env.sleep(RETRY_MS, signal);
    }
  }
}
