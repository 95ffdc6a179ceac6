import type { ConsistencyLevel } from "../../contract/cluster-api.ts";
import type { Env } from "../../support/env.ts";
import { CodecError } from "../state/codec-error.ts";
import { parseCommand, type Command, type CommandOf, type Priority } from "../state/command.ts";
import type { Space } from "../state/context.ts";
import { encodeCommand } from "../state/envelope.ts";
import { StateMachine, type StateEntry } from "../state/machine.ts";
import type { Refusal, ValueOf } from "../state/result.ts";
import { Admission } from "./admission.ts";
import { NotProposed, OutcomeUnknown, type Accepted, type AppliedLog, type Consensus } from "./consensus.ts";
import { OwnRequests, type OwnRequest } from "./own-requests.ts";
import { OwnSession } from "./own-session.ts";
import { ProposalMeter } from "./proposal-meter.ts";
import { mayPass, pauseBeforeRetry } from "./retry.ts";
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

/** This node's copy of the replicated state, and the way to change it. */
export class Replica implements AppliedLog {
  readonly machine = new StateMachine();
  readonly proposals: ProposalMeter;
  readonly #consensus: Consensus;
  readonly #env: Env;
  readonly #limits: TimeLimits;
  readonly #admission: Admission;
  readonly #watches = new Watches();
  readonly #session: OwnSession;
  readonly #requests = new OwnRequests();
  #waiters: { readonly index: number; readonly reached: () => void }[] = [];

  constructor(consensus: Consensus, env: Env, options: ReplicaOptions = REPLICA_DEFAULTS) {
    this.#consensus = consensus;
    this.#env = env;
    this.#limits = new TimeLimits(env, options.timeoutMs);
    this.#admission = new Admission(options);
    this.#session = new OwnSession(consensus, env);
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
    if (envelope?.request) this.#requests.settle(envelope.request, result);
    this.#wake();
  }

  snapshot(): Uint8Array {
    return this.machine.snapshot();
  }

  restore(snapshot: Uint8Array): void {
    this.machine.restore(snapshot);
    this.#requests.settleBy((session, sequence) => this.machine.answerTo(session, sequence));
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
          if (signal.aborted || !mayPass(error)) throw error;
          await pauseBeforeRetry(this.#consensus, this.#env, signal);
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

  async #submit(command: Command, options: SubmitOptions, limit: TimeLimit): Promise<Answer<unknown>> {
    if (limit.over) throw new NotProposed("overloaded");
    const session = this.#session.id ?? (await this.#session.open(limit));
    if (this.#requests.isFull) await this.#requests.room(limit);
    const own = this.#requests.begin(session);
    limit.onOver(() => own.settle(undefined));
    try {
      return await this.#insist(command, own, options, limit);
    } finally {
      this.#requests.end(own);
    }
  }

  async #insist(
    command: Command,
    own: OwnRequest,
    { level = "quorum", actor = this.id }: SubmitOptions,
    limit: TimeLimit,
  ): Promise<Answer<unknown>> {
    let unclear = false;
    for (let pauses = 0; ; pauses++) {
      try {
        // Anew for each try: the consensus layer writes its stamp into what it is given, and keeps it.
        const bytes = encodeCommand({ command, actor, request: own.request });
        return await this.#propose(bytes, level, own, limit);
      } catch (error) {
        if (error instanceof Refused && error.refusal.code === "SESSION_UNKNOWN") {
          this.#session.forget(own.request.session);
          if (unclear) throw new OutcomeUnknown("its session has ended", { cause: error });
          throw new NotProposed("no-leader");
        }
        if (!(error instanceof OutcomeUnknown) && !mayPass(error))
          throw unclear && error instanceof NotProposed ? new OutcomeUnknown(error.reason) : error;
        unclear ||= error instanceof OutcomeUnknown;
        await pauseBeforeRetry(this.#consensus, this.#env, limit.signal, pauses);
        if (limit.over) throw unclear ? new OutcomeUnknown("no answer came in time") : error;
      }
    }
  }

  async #propose(
    bytes: Uint8Array,
    level: ConsistencyLevel,
    own: OwnRequest,
    limit: TimeLimit,
  ): Promise<Answer<unknown>> {
    const quorum = level === "quorum";
    const proposal = this.#consensus.propose(bytes, quorum ? { level } : { level, signal: limit.signal });
    this.proposals.measure(proposal);
    const seen: { accepted?: Accepted } = {};
    const accepting = proposal.then((accepted) => (seen.accepted = accepted));
    if (!quorum) {
      const accepted = await accepting;
      if (!accepted.committed) return accepted;
    }
    // Seen applied here, or not in time, is as good as answered, if no more than a quorum was asked for.
    const result = await own.settled(accepting);
    if (result === undefined) throw new OutcomeUnknown("it was not applied here in time");
    if (!result.ok) throw new Refused(result);
    const { applied } = this.machine;
    return { index: applied, replicas: 0, ...seen.accepted, committed: true, value: result.value };
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

/** All replicas refuse what they cannot read, and then nobody knows whose it was. Throws Refused with MALFORMED. */
function readableCommand(command: Command): Command {
  try {
    return parseCommand(command);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new Refused({ ok: false, code: "MALFORMED", detail: error.message });
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(new OutcomeUnknown("it was not applied here in time"));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
