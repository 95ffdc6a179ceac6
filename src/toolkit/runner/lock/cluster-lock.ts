import type { Env } from "../../../support/env.ts";
import { UserError } from "../../../support/errors.ts";
import { throwAny } from "../../../support/failures.ts";
import { isPassing } from "../../ssh/errors.ts";
import type { Transport } from "../../ssh/transport.ts";
import type { Answer, Command } from "../../steps/command.ts";
import type { Interruption } from "../interruption.ts";
import { acquireCommand, LOCK_EXIT, releaseCommand, renewCommand } from "./commands.ts";
import { lockLost } from "./fence.ts";
import { BEAT_SECONDS, describeHolder, isStale, parseLock, STALE_SECONDS } from "./holder.ts";
import type { Holder, LockOnMachine } from "./holder.ts";
import { locksOn } from "./seen.ts";

export interface LockOptions {
  readonly transport: Transport;
  readonly env: Env;
  /** All of the cluster: a majority of them must be held. */
  readonly machines: readonly string[];
  readonly holder: Holder;
  readonly token: string;
  /** A lock of this run may be taken over although it is fresh: its holder is known to be dead. */
  readonly isDead: (lock: LockOnMachine) => boolean;
  /** How long a lock held by another run is waited for, in milliseconds. One held by hand never is. */
  readonly waitMs: number;
  /** Goes on with less than a majority: where most machines are lost for good, there is none to be had. */
  readonly acceptMinority: boolean;
  /** Asked while it is waited for. */
  readonly interruption: Interruption;
  /** Is told once whom it is waited for. */
  say(line: string): void;
}

const RETRY_MS = 2_000;

/**
 * The lock of a cluster, held on a majority of its machines: two runs cannot both have that. It needs nothing of the
 * cluster but sshd, as recovery must work when the rest does not.
 */
export class ClusterLock {
  readonly #options: LockOptions;
  readonly #held = new Set<string>();
  readonly #stop = new AbortController();
  #renewedAt: number;
  #lost: UserError | undefined;
  #beating: Promise<void> = Promise.resolve();

  private constructor(options: LockOptions) {
    this.#options = options;
    this.#renewedAt = options.env.monotonic();
  }

  get token(): string {
    return this.#options.token;
  }

  /** Where it is held; nowhere once it is lost. */
  get machines(): readonly string[] {
    if (this.#lost) return [];
    return this.#options.machines.filter((name) => this.#held.has(name));
  }

  /**
   * Takes the lock on every machine that answers. Throws LOCK_HELD with who holds it, LOCK_NO_MAJORITY with what the
   * silent machines said, INTERRUPTED when a person does not want to wait any more; nothing is left behind then.
   */
  static async acquire(options: LockOptions): Promise<ClusterLock> {
    const end = options.env.monotonic() + options.waitMs;
    for (let isTold = false; ; isTold = true) {
      const lock = new ClusterLock(options);
      // From the first machine on: another one may keep it waiting for longer than a silent lock is respected.
      lock.#beating = lock.#beat();
      try {
        await lock.#takeAll();
        await lock.#prove();
        return lock;
      } catch (error) {
        await lock.release();
        const isWorthWaiting = error instanceof LockHeld && error.lock.holder.kind === "run";
        if (!isWorthWaiting || options.env.monotonic() >= end) throw error;
        if (!isTold) options.say(`waiting for ${describeHolder(error.lock)}`);
        options.interruption.check();
        await options.env.sleep(RETRY_MS);
      }
    }
  }

  /** Set when another run has it. */
  get lost(): UserError | undefined {
    return this.#lost;
  }

  /** Tells it that a machine bears another's lock: from now on it is held nowhere. Returns LOCK_LOST. */
  lose(machine: string): UserError {
    return (this.#lost ??= lockLost(machine));
  }

  /** Throws LOCK_LOST when another run has it, or when it could not be renewed for so long that one may. */
  check(): void {
    if (this.#lost) throw this.#lost;
    const silentMs = this.#options.env.monotonic() - this.#renewedAt;
    if (silentMs >= STALE_SECONDS * 1000 && !this.#options.acceptMinority) throw notRenewed(silentMs);
  }

  /**
   * Takes the lock on a machine that did not answer before, so that the run may change it. Only when a majority says just
   * then that it is ours: a laptop that slept must not begin anew, and its clock may have slept with it.
   */
  async extendTo(machine: string): Promise<void> {
    this.check();
    if (this.#held.has(machine)) return;
    const renewed = await this.#renew();
    this.check();
    if (!this.#isMajority(renewed) && !this.#options.acceptMinority) throw notProven(machine, renewed);
    await this.#take(machine);
  }

  /** Stops renewing it and leaves it where it is; resolves to where that is. */
  async leave(): Promise<readonly string[]> {
    this.#stop.abort();
    await this.#beating;
    return this.machines;
  }

  async release(): Promise<void> {
    this.#stop.abort();
    await this.#beating;
    await this.#releaseAll();
  }

  /** The first machine by itself: of two who come at the same time one loses there, before both hold a part. */
  async #takeAll(): Promise<void> {
    const silent: string[] = [];
    const failures: unknown[] = [];
    const take = async (machine: string): Promise<boolean> => {
      try {
        await this.#take(machine);
        return true;
      } catch (error) {
        // What does not pass by itself, such as a host key that is not the known one, is not gone around.
        if (isPassing(error)) silent.push((error as Error).message);
        else failures.push(error);
        return false;
      }
    };
    const rest = [...this.#options.machines];
    while (rest.length > 0 && failures.length === 0 && !(await take(rest.shift()!))) continue;
    const held = failures.find((error) => error instanceof LockHeld);
    if (held) throw held;
    await Promise.all(rest.map(take));
    throwAny(failures);
    const needed = Math.floor(this.#options.machines.length / 2) + 1;
    if (this.#held.size < needed && !(this.#options.acceptMinority && this.#held.size > 0))
      throw noMajority(this.#held.size, needed, silent);
  }

  /** Where taking it took so long that those that were taken first may have gone stale. Throws LOCK_LOST. */
  async #prove(): Promise<void> {
    if (this.#options.env.monotonic() - this.#renewedAt >= BEAT_SECONDS * 1000) await this.#renew();
    this.check();
  }

  async #take(machine: string): Promise<void> {
    const { token, holder } = this.#options;
    let answer = await this.#run(machine, acquireCommand(token, JSON.stringify(holder)));
    const met = answer.code === LOCK_EXIT.held ? parseLock(answer.stdout) : undefined;
    if (met && (this.#options.isDead(met) || (isStale(met) && (await this.#isStaleEverywhere(met)))))
      answer = await this.#run(machine, acquireCommand(token, JSON.stringify(holder), met.token));
    if (answer.code === 0) {
      this.#held.add(machine);
      return;
    }
    const other = answer.code === LOCK_EXIT.held ? parseLock(answer.stdout) : undefined;
    if (other) throw new LockHeld(machine, other);
    throw new UserError(
      "LOCK_FAILED",
      `the lock could not be taken on ${machine}: ${answer.stderr.trim() || `exit code ${answer.code}`}`,
      "see that /var/lib on that machine can be written",
    );
  }

  /** Its holder may not reach this one machine: a lock that is taken over anywhere ends the whole run. Throws LOCK_HELD then. */
  async #isStaleEverywhere({ token }: LockOnMachine): Promise<true> {
    const seen = await locksOn(this.#options.machines, this.#options.transport);
    const fresh = seen.find(({ lock }) => lock.token === token && !isStale(lock));
    if (fresh) throw new LockHeld(fresh.machine, fresh.lock);
    return true;
  }

  async #beat(): Promise<void> {
    const { env } = this.#options;
    for (;;) {
      await env.sleep(BEAT_SECONDS * 1000, this.#stop.signal).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      await this.#renew();
    }
  }

  /** Resolves to the number of machines that said it is ours. */
  async #renew(): Promise<number> {
    const begun = this.#options.env.monotonic();
    const codes = await Promise.all(
      this.machines.map(async (machine) => {
        const code = await this.#run(machine, renewCommand(this.token)).then(
          (answer) => answer.code,
          () => undefined,
        );
        if (code === LOCK_EXIT.lost) this.lose(machine);
        return code;
      }),
    );
    const renewed = codes.filter((code) => code === 0).length;
    if (this.#isMajority(renewed)) this.#renewedAt = begun;
    return renewed;
  }

  #isMajority(count: number): boolean {
    return count > this.#options.machines.length / 2;
  }

  async #releaseAll(): Promise<void> {
    const machines = this.machines;
    this.#held.clear();
    // One that does not answer now finds its lock stale later.
    await Promise.allSettled(machines.map((machine) => this.#run(machine, releaseCommand(this.token))));
  }

  #run(machine: string, command: Command): Promise<Answer> {
    return this.#options.transport.run(machine, command);
  }
}

/** Somebody else holds the lock. */
export class LockHeld extends UserError {
  readonly lock: LockOnMachine;

  constructor(machine: string, lock: LockOnMachine) {
    super(
      "LOCK_HELD",
      `the cluster is locked (seen on ${machine}) by ${describeHolder(lock)}`,
      lock.holder.kind === "manual"
        ? "ask them, or release it: mbctl lock release --force"
        : `wait (--lock-wait 10m), or see what it does with mbctl runs; it may be taken over ${STALE_SECONDS} s after it was last heard of`,
    );
    this.lock = lock;
  }
}

function noMajority(held: number, needed: number, silent: readonly string[]): UserError {
  return new UserError(
    "LOCK_NO_MAJORITY",
    `the lock must be held on ${needed} machines, and only ${held} answered:\n${silent.map((line) => `    ${line}`).join("\n")}`,
    "bring them back; where they are lost for good and nobody else works on this cluster, add --accept-minority",
  );
}

function notProven(machine: string, renewed: number): UserError {
  return new UserError(
    "LOCK_LOST",
    `the lock is not taken on ${machine} too: only ${renewed} machines say now that it is held, so another run may have it`,
    "see which machines answer (mbctl status), then mbctl resume",
  );
}

function notRenewed(silentMs: number): UserError {
  return new UserError(
    "LOCK_LOST",
    `the lock could not be renewed on a majority of the machines for ${Math.round(silentMs / 1000)} s, so another run may have it`,
    "see which machines answer (mbctl status), then mbctl resume",
  );
}
