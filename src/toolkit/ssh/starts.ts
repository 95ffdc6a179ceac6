import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Env } from "../../support/env.ts";
import { Limiter } from "../../support/limiter.ts";
import type { Address } from "./known-hosts.ts";
import type { SshLimits } from "./options.ts";
import { Pacer } from "./pacer.ts";

type Clock = Pick<Env, "monotonic" | "sleep">;

const clock: Clock = {
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => sleep(ms, undefined, signal && { signal }),
};

/** When connections may begin: a few at a time at one server, and so many in a second altogether. */
export class Starts {
  readonly #limits: SshLimits;
  readonly #pacer: Pacer;
  readonly #servers = new Map<string, Limiter>();

  constructor(limits: SshLimits, env: Clock = clock) {
    this.#limits = limits;
    this.#pacer = new Pacer(limits.startsPerSecond, env);
  }

  /** Runs a login at a server when it may begin. */
  run<T>({ host, port }: Address, login: () => Promise<T>): Promise<T> {
    const key = `${host}:${port}`;
    const limiter = this.#servers.get(key) ?? new Limiter(this.#limits.startsAtOnce);
    this.#servers.set(key, limiter);
    return limiter.run(async () => {
      await this.#pacer.turn();
      return login();
    });
  }
}
