import type { ConsistencyLevel } from "../../contract/cluster-api.ts";
import type { Env } from "../../support/env.ts";
import { CodecError } from "../state/codec.ts";
import { parseCommand, type Command, type CommandOf, type Priority } from "../state/command.ts";
import type { Space } from "../state/context.ts";
import { encodeCommand, type Request } from "../state/envelope.ts";
import { StateMachine, type StateEntry } from "../state/machine.ts";
import type { Refusal, Result, ValueOf } from "../state/result.ts";
import { Admission } from "./admission.ts";
import { NotProposed, OutcomeUnknown, type Accepted, type AppliedLog, type Consensus } from "./consensus.ts";
import { ProposalMeter } from "./proposal-meter.ts";
import { TimeLimits, type TimeLimit } from "./time-limits.ts";
import { Watches, type Watcher } from "./watches.ts";

export interface ReplicaOptions {
  /** After this an answer that has not come is an unclear one. */
  readonly timeoutMs: number;
  readonly inFlight: number;
  readonly waiting: number;
}

export const REPLICA_DEFAULTS: ReplicaOptions = { timeoutMs: 10_000, inFlight: 512, waiting: 10_000 };

export interface SubmitOptions {
  readonly level?: ConsistencyLevel;
  readonly priority?: Priority;
  /** For the audit log; without it, this node. */
  readonly actor?: string;
}

/** What came of a command; `value` is known once it is applied, so never below a quorum. */
export interface Answer<Value> {
  readonly index: number;
  readonly replicas: number;
  readonly committed: boolean;
  readonly value?: Value;
}

/** The state refused the command: a definite answer. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.name = "Refused";
    this.refusal = refusal;
  }
}

interface Pending {
  readonly session: number;
  readonly settle: (result: Result | undefined) => void;
  /** Undefined: it was not applied here in time. */
  readonly result: Promise<Result | undefined>;
}

/** How long to wait before a command is proposed again, if nobody else begins to lead before; each time twice as long. */
const RETRY_MS = 50;
const LONGEST_RETRY_MS = 400;

/** Why a pause ends early: one for all, as each error that is made costs time. */
const OVER = new Error("the pause is over");

/** This node's copy of the replicated state, and the way to change it. */
export class Replica implements AppliedLog {
  readonly machine = new StateMachine();
  readonly proposals: ProposalMeter;
  readonly #consensus: Consensus;
  readonly #env: Env;
  readonly #limits: TimeLimits;
  readonly #admission: Admission;
  readonly #watches = new Watches();
  readonly #pending = new Map<number, Pending>();
  #waiters: { readonly index: number; readonly reached: () => void }[] = [];
  #session: Promise<number> | undefined;
  #sequence = 0;

  constructor(consensus: Consensus, env: Env, options: ReplicaOptions = REPLICA_DEFAULTS) {
    this.#consensus = consensus;
    this.#env = env;
    this.#limits = new TimeLimits(env, options.timeoutMs);
    this.#admission = new Admission(options);
    this.proposals = new ProposalMeter(env);
    consensus.follow(this);
  }

  get id(): string {
    return this.#consensus.id;
  }

  get consensus(): Consensus {
    return this.#consensus;
  }

  apply(entry: StateEntry): void {
    const { result, events, envelope } = this.machine.apply(entry);
    this.#watches.tell(events);
    const request = envelope?.request;
    const pending = request && this.#pending.get(request.sequence);
    if (pending && pending.session === request.session) pending.settle(result);
    this.#wake();
  }

  snapshot(): Uint8Array {
    return this.machine.snapshot();
  }

  restore(snapshot: Uint8Array): void {
    this.machine.restore(snapshot);
    for (const [sequence, { session, settle }] of this.#pending) {
      const result = this.machine.answerTo(session, sequence);
      if (result) settle(result);
    }
    this.#watches.reset();
    this.#wake();
  }

  /** Tells of every change in a part of the state to keys that begin with `prefix`; gives back what ends it. */
  watch(space: Space, prefix: string, watcher: Watcher): () => void {
    return this.#watches.add(space, prefix, watcher);
  }

  /**
   * Has a command done at a quorum and gives its value. Throws Refused, NotProposed (both definite) or
   * OutcomeUnknown.
   */
  async perform<Type extends Command["type"]>(
    command: CommandOf<Type>,
    options: Omit<SubmitOptions, "level"> = {},
  ): Promise<ValueOf<Type>> {
    const answer = await this.submit<Type>(command, options);
    return answer.value as ValueOf<Type>;
  }

  /**
   * Proposes a command, again and again with the same request id while its end is unclear, so that it is done
   * at most once. Throws like perform, and LevelNotMet when it is committed on too few disks.
   */
  async submit<Type extends Command["type"]>(
    command: CommandOf<Type>,
    options: SubmitOptions = {},
  ): Promise<Answer<ValueOf<Type>>> {
    const readable = readableCommand(command);
    const answer = await this.#limits.run((limit) =>
      this.#admission.run(options.priority ?? "normal", () => this.#submit(readable, options, limit)),
    );
    return answer as Answer<ValueOf<Type>>;
  }

  /** Resolves when this replica has seen everything that was committed before the call. Throws NotProposed or OutcomeUnknown. */
  async barrier(): Promise<void> {
    await this.#limits.run(async ({ signal }) => {
      for (;;) {
        try {
          const index = await this.#consensus.readIndex(signal);
          return await Promise.race([this.#reached(index), aborted(signal)]);
        } catch (error) {
          if (signal.aborted || !(error instanceof NotProposed && mayPass(error))) throw error;
          await this.#pause(signal);
          if (signal.aborted) throw error;
        }
      }
    });
  }

  /** Moves the state's time while nobody writes, until the signal ends it; only the leader does. */
  async keepTime(intervalMs: number, signal: AbortSignal): Promise<void> {
    for (let seen = this.machine.applied; !signal.aborted; seen = this.machine.applied) {
      await this.#env.sleep(intervalMs, signal).catch(() => undefined);
      if (signal.aborted || this.#consensus.leader()?.id !== this.id || this.machine.applied !== seen)
        continue;
      const tick = encodeCommand({ command: { type: "tick" }, actor: this.id });
      await this.#consensus.propose(tick, { level: "quorum", signal }).catch(() => undefined);
    }
  }

  /** Waits for a moment, longer after each pause before, or until another member leads. */
  async #pause(signal: AbortSignal, before = 0): Promise<void> {
    const end = new AbortController();
    const stop = (): void => end.abort(OVER);
    const forget = this.#consensus.onLeaderChange((leader) => {
      if (leader !== undefined) stop();
    });
    signal.addEventListener("abort", stop, { once: true });
    const ms = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** before);
    await this.#env.sleep(ms * (0.5 + this.#env.random()), end.signal).catch(() => undefined);
    signal.removeEventListener("abort", stop);
    forget();
  }

  async #submit(command: Command, options: SubmitOptions, limit: TimeLimit): Promise<Answer<unknown>> {
    if (limit.over) throw new NotProposed("overloaded");
    const session = await this.#openSession(limit);
    const sequence = this.#sequence++;
    const pending = newPending(session);
    limit.onOver(() => pending.settle(undefined));
    this.#pending.set(sequence, pending);
    const request = { session, sequence, firstUnanswered: this.#firstUnanswered() };
    try {
      return await this.#insist(command, request, pending, options, limit);
    } finally {
      this.#pending.delete(sequence);
    }
  }

  async #insist(
    command: Command,
    request: Request,
    pending: Pending,
    { level = "quorum", actor = this.id }: SubmitOptions,
    limit: TimeLimit,
  ): Promise<Answer<unknown>> {
    let unclear = false;
    for (let pauses = 0; ; pauses++) {
      try {
        // Anew for each try: the consensus layer writes its stamp into what it is given, and keeps it.
        const bytes = encodeCommand({ command, actor, request });
        return await this.#propose(bytes, level, pending, limit);
      } catch (error) {
        if (error instanceof Refused && error.refusal.code === "SESSION_UNKNOWN") {
          this.#session = undefined;
          if (unclear) throw new OutcomeUnknown("its session has ended", { cause: error });
          throw new NotProposed("no-leader");
        }
        const retry = error instanceof OutcomeUnknown || (error instanceof NotProposed && mayPass(error));
        if (!retry) throw unclear && error instanceof NotProposed ? new OutcomeUnknown(error.reason) : error;
        unclear ||= error instanceof OutcomeUnknown;
        await this.#pause(limit.signal, pauses);
        if (limit.over) throw unclear ? new OutcomeUnknown("no answer came in time") : error;
      }
    }
  }

  async #propose(
    bytes: Uint8Array,
    level: ConsistencyLevel,
    pending: Pending,
    limit: TimeLimit,
  ): Promise<Answer<unknown>> {
    const quorum = level === "quorum";
    const options = quorum ? { level } : { level, signal: limit.signal };
    const accepting = this.proposals.measure(this.#consensus.propose(bytes, options));
    // Seen applied here, or not in time, is as good as answered, if no more than a quorum was asked for.
    const seen = pending.result.then((): Accepted | undefined => undefined);
    const accepted = await (quorum ? Promise.race([accepting, seen]) : accepting);
    if (accepted && !accepted.committed) return accepted;
    const result = await pending.result;
    if (result === undefined) throw new OutcomeUnknown("it was not applied here in time");
    if (!result.ok) throw new Refused(result);
    const { applied } = this.machine;
    return { index: applied, replicas: 0, ...accepted, committed: true, value: result.value };
  }

  async #openSession(limit: TimeLimit): Promise<number> {
    for (;;) {
      const opening = (this.#session ??= this.#newSession(limit.signal));
      try {
        return await opening;
      } catch (error) {
        if (this.#session === opening) this.#session = undefined;
        if (limit.over || isFinal(error)) throw error;
      }
    }
  }

  /** A session that is opened twice because an answer was lost costs nothing: the idle one ends by itself. */
  async #newSession(signal: AbortSignal): Promise<number> {
    for (;;) {
      try {
        const bytes = encodeCommand({ command: { type: "session.open" }, actor: this.id });
        const { index } = await this.#consensus.propose(bytes, { level: "quorum", signal });
        return index;
      } catch (error) {
        if (isFinal(error)) throw error;
        await this.#pause(signal);
        // Nothing that was asked for has been done, whatever became of the session.
        if (signal.aborted) throw error instanceof NotProposed ? error : new NotProposed("no-leader");
      }
    }
  }

  #firstUnanswered(): number {
    const [first] = this.#pending.keys();
    return first ?? this.#sequence;
  }

  #reached(index: number): Promise<void> {
    if (this.machine.applied >= index) return Promise.resolve();
    return new Promise((reached) => this.#waiters.push({ index, reached }));
  }

  #wake(): void {
    const { applied } = this.machine;
    const reached = this.#waiters.filter(({ index }) => index <= applied);
    if (reached.length === 0) return;
    this.#waiters = this.#waiters.filter(({ index }) => index > applied);
    for (const waiter of reached) waiter.reached();
  }
}

/** Whether it certainly was not done and will not be if it is tried again: the log has stopped. */
function isFinal(error: unknown): boolean {
  return error instanceof NotProposed && !mayPass(error);
}

/** Whether what stood in the way may be gone in a moment. */
function mayPass(error: NotProposed): boolean {
  return error.reason === "no-leader" || error.reason === "transferring" || error.reason === "overloaded";
}

/** All replicas refuse what they cannot read, and then nobody knows whose it was. Throws Refused with MALFORMED. */
function readableCommand(command: Command): Command {
  try {
    return parseCommand(command);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new Refused({ ok: false, code: "MALFORMED", detail: error.message });
  }
}

function newPending(session: number): Pending {
  const { promise: result, resolve: settle } = Promise.withResolvers<Result | undefined>();
  return { session, result, settle };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(new OutcomeUnknown("it was not applied here in time"));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
