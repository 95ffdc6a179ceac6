import type { Logger } from "pino";
import type { Env } from "../../support/env.ts";
import { bounceMessage } from "./bounce.ts";
import type { DeliveryState, FailedRecipient, QueueEntry } from "./entry.ts";
import type { FailedMail } from "./failed-mail.ts";
import type { Relay, RelayResult } from "./relay.ts";
import { isGivenUp, retryDelayMs, type RetryPolicy } from "./retry.ts";
import { Schedule } from "./schedule.ts";
import type { Spool } from "./spool.ts";

export interface DeliveryOptions {
  readonly hostname: string;
  /** Name of the next hop, for bounces. */
  readonly remote: string;
  readonly maxConnections: number;
  readonly retry: RetryPolicy;
}

/** The longest that nobody looks at the queue. A timer cannot wait for ever. */
const LONGEST_WAIT_MS = 60_000;
/** Made once: an error of its own for each message costs more than to queue it. */
const AWAKE = new Error("there is something to do");
/** How much of a message is searched for the end of its header. */
const LONGEST_HEADER_BYTES = 64 * 1024;

/**
 * Takes every message of the queue to the next hop, again and again until each recipient is delivered,
 * bounced or, for a message without a sender, set aside.
 */
export class Delivery {
  readonly #spool: Spool;
  readonly #failedMail: FailedMail;
  readonly #relay: Relay;
  readonly #options: DeliveryOptions;
  readonly #env: Env;
  readonly #log: Logger;
  readonly #waiting = new Schedule();
  readonly #running = new Map<string, Promise<void>>();
  /** Those whose last attempt did not reach the next hop: tried without their delay once another message does. */
  readonly #unreached = new Set<string>();
  /** Whether no message has reached the next hop since one did not. */
  #isAway = false;
  #wake = new AbortController();
  #loop: Promise<void> | undefined;
  readonly #broken = Promise.withResolvers<Error>();
  #stopped = false;

  constructor(
    spool: Spool,
    failedMail: FailedMail,
    relay: Relay,
    options: DeliveryOptions,
    env: Env,
    log: Logger,
  ) {
    this.#spool = spool;
    this.#failedMail = failedMail;
    this.#relay = relay;
    this.#options = options;
    this.#env = env;
    this.#log = log;
  }

  /** Messages that are not yet done with. */
  get length(): number {
    return this.#waiting.size + this.#running.size;
  }

  /** What those that wait take on the heap, in bytes; see heapBytes. The few that are being tried are not counted. */
  get heapBytes(): number {
    return this.#waiting.heapBytes;
  }

  get running(): boolean {
    return this.#loop !== undefined && !this.#stopped;
  }

  /** Resolves with the error when delivery has ended by a fault of the program; a node without it must not go on. */
  get failed(): Promise<Error> {
    return this.#broken.promise;
  }

  /** Takes over a message that is durable in the spool. */
  add(entry: QueueEntry): void {
    this.#wait(entry);
    this.#wake.abort(AWAKE);
  }

  start(): void {
    this.#loop ??= this.#run().catch((error: Error) => {
      this.#stopped = true;
      this.#broken.resolve(error);
    });
  }

  /** Begins nothing new and resolves when the attempts under way have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake.abort(AWAKE);
    await this.#loop;
    await Promise.all(this.#running.values());
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#wake = new AbortController();
      this.#beginDue();
      await this.#env.sleep(this.#untilNextMs(), this.#wake.signal).catch(() => undefined);
    }
  }

  #beginDue(): void {
    const now = this.#env.monotonic();
    while (this.#running.size < this.#options.maxConnections) {
      const entry = this.#waiting.take(now);
      if (!entry) return;
      const { id } = entry.envelope;
      const attempt = this.#attempt(entry).finally(() => {
        this.#running.delete(id);
        this.#wake.abort(AWAKE);
      });
      this.#running.set(id, attempt);
    }
  }

  #untilNextMs(): number {
    if (this.#running.size >= this.#options.maxConnections) return LONGEST_WAIT_MS;
    return Math.max(1, Math.min(LONGEST_WAIT_MS, this.#waiting.nextMs() - this.#env.monotonic()));
  }

  /**
   * By the clock that never jumps. The wall clock's time of the next try outlives the process, and may lie far ahead
   * once that clock was set back: nothing waits for longer than the longest wait.
   */
  #wait(entry: QueueEntry): void {
    const ms = Math.min(entry.state.nextTryAt - this.#env.now(), this.#options.retry.longestMs);
    this.#waiting.set(entry, this.#env.monotonic() + ms);
  }

  async #attempt(entry: QueueEntry): Promise<void> {
    const { id, sender } = entry.envelope;
    let state = entry.state;
    try {
      if (state.pending.length > 0) state = await this.#tryNow(entry);
      if (state.failed.length > 0 && sender !== "") {
        await this.#bounce(entry, state.failed);
        state = { ...state, failed: [] };
      }
      await this.#record(entry, state);
    } catch (error) {
      // The disk refused. What was done is known to this process; after a crash it may be done again.
      this.#log.error({ id, err: error }, "the queue could not be written; the message stays");
      this.#wait({ ...entry, state: { ...state, nextTryAt: this.#nextTryAt(state.attempts) } });
    }
  }

  async #tryNow(entry: QueueEntry): Promise<DeliveryState> {
    const { id } = entry.envelope;
    const { outcomes, nextHop } = await this.#relay(entry, this.#spool.read(id, entry.bodyStart));
    const { pending, failed } = this.#judge(entry, outcomes);
    if (nextHop === "away" && pending.length > 0) this.#unreached.add(id);
    else this.#unreached.delete(id);
    if (nextHop === "works") this.#retryUnreached(this.#isAway ? this.#options.maxConnections : 1);
    if (nextHop !== "refuses") this.#isAway = nextHop === "away";
    const delivered = outcomes.size - pending.length - failed.length;
    this.#log.info({ id, delivered, pending: pending.length, failed }, "attempt");
    const attempts = entry.state.attempts + 1;
    return {
      attempts,
      nextTryAt: this.#nextTryAt(attempts),
      pending,
      failed: [...entry.state.failed, ...failed],
    };
  }

  /** Writes down where delivery stands, or that it is over. */
  async #record(entry: QueueEntry, state: DeliveryState): Promise<void> {
    const { id } = entry.envelope;
    if (state.pending.length > 0) {
      await this.#spool.saveState(id, state);
      this.#wait({ ...entry, state });
    } else if (state.failed.length > 0) {
      await this.#spool.setAside(id, state);
      this.#log.warn(
        { id, failed: state.failed },
        "undeliverable, and without a sender to tell: kept in failed/",
      );
      await this.#failedMail.add(id);
    } else {
      await this.#spool.finish(id);
    }
  }

  #judge(entry: QueueEntry, outcomes: RelayResult["outcomes"]): Pick<DeliveryState, "pending" | "failed"> {
    const pending: string[] = [];
    const failed: FailedRecipient[] = [];
    const ageMs = this.#env.now() - entry.envelope.acceptedAt;
    const expired = isGivenUp(this.#options.retry, ageMs, entry.state.attempts + 1);
    for (const [recipient, outcome] of outcomes) {
      if (outcome.status === "delivered") continue;
      if (outcome.status === "rejected") {
        failed.push({ recipient, status: outcome.code, reason: outcome.reason });
      } else if (expired) {
        failed.push({ recipient, status: "4.4.7", reason: `given up, last try: ${outcome.reason}` });
      } else {
        pending.push(recipient);
      }
    }
    return { pending, failed };
  }

  #nextTryAt(attempts: number): number {
    return this.#env.now() + retryDelayMs(this.#options.retry, Math.max(1, attempts), this.#env);
  }

  /**
   * The next hop is back: what waited for it alone need not wait out its delay. As many as there are connections at first,
   * and then one more for each that works, so that a next hop which takes fewer sessions does not refuse all the others.
   */
  #retryUnreached(count: number): void {
    const now = this.#env.monotonic();
    let left = count;
    for (const id of this.#unreached) {
      if (left === 0) return;
      if (!this.#waiting.move(id, now)) continue;
      this.#unreached.delete(id);
      left--;
    }
  }

  /** Queues the report before the failed recipients are forgotten: a crash between reports twice, never not at all. */
  async #bounce(entry: QueueEntry, failures: readonly FailedRecipient[]): Promise<void> {
    const now = this.#env.now();
    const id = this.#spool.newId();
    const { hostname, remote } = this.#options;
    // A sender whose message the disk has lost is told all the same.
    const originalHeader = await this.#headerOf(entry).catch((error: unknown) => {
      this.#log.error(
        { id: entry.envelope.id, err: error },
        "a message cannot be read: returned without its header",
      );
      return "";
    });
    const message = bounceMessage({
      hostname,
      remote,
      original: entry.envelope,
      originalHeader,
      failures,
      id,
      now,
    });
    const intake = await this.#spool.begin({
      id,
      sender: "",
      recipients: [entry.envelope.sender],
      acceptedAt: now,
      eightBit: false,
    });
    await intake.append(Buffer.from(message, "latin1"));
    this.add(await intake.commit());
    this.#log.info({ id: entry.envelope.id, bounce: id }, "returned to its sender");
  }

  async #headerOf(entry: QueueEntry): Promise<string> {
    let text = "";
    for await (const piece of this.#spool.read(entry.envelope.id, entry.bodyStart)) {
      text += Buffer.from(piece).toString("latin1");
      const end = /\r?\n\r?\n/.exec(text);
      if (end) return text.slice(0, end.index);
      if (text.length > LONGEST_HEADER_BYTES) break;
    }
    return text.slice(0, LONGEST_HEADER_BYTES);
  }
}
