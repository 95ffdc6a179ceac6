import { setTimeout as sleep } from "node:timers/promises";
import { RateLimiterMemory } from "rate-limiter-flexible";
import type { RateLimits } from "../../src/mailnode/cluster/rate-limits.ts";
import type { Case, SideName } from "./record.ts";

/** How often each answer was given. */
export interface Answers {
  readonly granted: number;
  readonly refused: number;
}

/** A way to decide for one client after the other. */
export interface Side {
  readonly name: SideName;
  decide(clients: readonly string[]): Promise<Answers>;
}

const NAME = "bench";
const DAY_MS = 86_400_000;
/** The longest that a node may go by what it has in hand: nothing is asked for while time is taken. */
const SYNC_INTERVAL_MS = 60_000;
const PLENTY = 10_000_000;
/** After a first use of so much a node asks for twice as much, and has it in hand. */
const FIRST_USE = 50_000;
/** A refusal for as long as this outlasts the rounds of its case. */
const LONG_MS = SYNC_INTERVAL_MS / 2;
/** Asked for at the same time, while a case is got ready. */
const AT_ONCE = 500;

/** Makes the limit of a case and gets every client to where its answer is known without asking. */
export async function ourSides(
  limits: RateLimits,
  { algorithm, answer }: Case,
  clients: readonly string[],
): Promise<readonly Side[]> {
  const limit = answer === "granted" ? PLENTY : 1;
  await limits.define(NAME, { algorithm, limit, windowMs: DAY_MS, syncIntervalMs: SYNC_INTERVAL_MS });
  const each = async (work: (client: string) => Promise<void>): Promise<void> => {
    for (let at = 0; at < clients.length; at += AT_ONCE)
      await Promise.all(clients.slice(at, at + AT_ONCE).map(work));
  };
  if (answer === "granted")
    await each(async (client) => {
      await limits.check(NAME, client, FIRST_USE);
      await limits.check(NAME, client);
    });
  else await each((client) => useUp(limits, client));
  return [
    {
      name: "decide",
      async decide(asked) {
        let [granted, refused] = [0, 0];
        for (const client of asked) {
          const decision = limits.decide(NAME, client);
          if (decision?.allowed === true) granted++;
          else if (decision?.allowed === false) refused++;
        }
        return { granted, refused };
      },
    },
    {
      name: "check",
      async decide(asked) {
        let [granted, refused] = [0, 0];
        for (const client of asked) {
          if ((await limits.check(NAME, client)).allowed) granted++;
          else refused++;
        }
        return { granted, refused };
      },
    },
  ];
}

export function forgetLimit(limits: RateLimits): Promise<void> {
  return limits.remove(NAME);
}

async function useUp(limits: RateLimits, client: string): Promise<void> {
  for (;;) {
    const decision = await limits.check(NAME, client);
    if (decision.allowed) continue;
    if (decision.retryAfterMs >= LONG_MS) return;
    await sleep(Math.min(decision.retryAfterMs, 1000));
  }
}

/** A limiter of one process, with fixed windows: it shares nothing with others, and needs no log for it. */
export async function peerSide({ answer }: Case, clients: readonly string[]): Promise<Side> {
  const limiter = new RateLimiterMemory({
    points: answer === "granted" ? 1_000_000_000 : 1,
    duration: DAY_MS / 1000,
  });
  const decide = async (asked: readonly string[]): Promise<Answers> => {
    let [granted, refused] = [0, 0];
    for (const client of asked) {
      try {
        await limiter.consume(client);
        granted++;
      } catch {
        refused++;
      }
    }
    return { granted, refused };
  };
  // Each client is known from here on, and has used up its one unit where it is to be refused.
  await decide(clients);
  return { name: "rate-limiter-flexible", decide };
}
