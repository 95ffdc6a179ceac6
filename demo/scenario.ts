import { ledgerOf, type Ledger } from "../src/toolkit/lab/mail/ledger.ts";
import type { NextHop } from "../src/toolkit/lab/mail/next-hop.ts";
import { sendMails, type Sent } from "../src/toolkit/lab/mail/sender.ts";

/** A cluster that can be sent mail and hurt: machines in Docker, or processes on loopback. */
export interface World {
  /** Where clients send to: the VIP, or the front that stands in for it. */
  readonly smtp: { readonly host: string; readonly port: number };
  readonly nextHop: NextHop;
  /** Who gets the mail now: bears the VIP, or is the front's choice. */
  holder(): Promise<string>;
  /** Lets no other node than the holder take new mail, so that all of a queue is on the machine that dies. */
  gather(holder: string): Promise<void>;
  /** Takes its power away. */
  kill(name: string): Promise<void>;
  /** Gives it back; resolves when its mail node takes mail again. */
  start(name: string): Promise<void>;
}

export interface Outcome {
  readonly ledger: Ledger;
  readonly holder: string;
  readonly successor: string;
  /** From the kill to the first 250 of the moved address, in milliseconds. */
  readonly gapMs: number;
}

export interface ScenarioOptions {
  /** Takes one line for people, without its end. */
  readonly print: (line: string) => void;
  /** Messages that are queued on the machine that dies. */
  readonly queued: number;
}

const PATIENCE_MS = 60_000;
const ARRIVE_MS = 180_000;

/**
 * The story that the product is for: mail arrives; the next hop is away and mail waits on one machine; that
 * machine loses its power; mail goes on through the moved address; all comes back; every answered id is counted.
 *
 * Rejects when mail does not arrive in time, with the ids that did not.
 */
export async function losePower(world: World, { print, queued }: ScenarioOptions): Promise<Outcome> {
  const { nextHop } = world;
  const send = (prefix: string, count: number): Promise<Sent> =>
    sendMails({
      ...world.smtp,
      prefix,
      count,
      to: "someone@example.com",
      connections: 4,
      patienceMs: PATIENCE_MS,
    });

  const first = await timed(print, "10 messages sent, and arrived at the next hop", async () => {
    const sent = await send("first", 10);
    await nextHop.waitFor(sent.answered, ARRIVE_MS);
    return sent;
  });

  const holder = await world.holder();
  await nextHop.stop();
  await world.gather(holder);
  const waiting = await timed(
    print,
    `next hop stopped; ${queued} messages answered 250 and queued on ${holder}`,
    () => send("queued", queued),
  );

  const killing = performance.now();
  await world.kill(holder);
  // From before the kill: an upper bound of how long nobody answered.
  const killedMs = performance.now() - killing;
  const moved = await timed(print, `${holder} has lost its power; 20 messages sent to the same address`, () =>
    send("moved", 20),
  );
  const gapMs = Math.round(killedMs + moved.firstAnswerMs);
  const successor = await world.holder();
  print(
    `  ${successor} took over: the first 250 came ${gapMs} ms after the kill, ${moved.retries} tries were repeated`,
  );

  await nextHop.resume();
  await timed(print, `next hop and ${holder} are back; everything has arrived`, async () => {
    await world.start(holder);
    await nextHop.waitFor([...waiting.answered, ...moved.answered], ARRIVE_MS);
  });
  const answered = [first, waiting, moved].flatMap((sent) => sent.answered);
  const ledger = ledgerOf(
    answered,
    nextHop.arrivals.map(({ id }) => id),
  );
  return { ledger, holder, successor, gapMs };
}

/** Does the work and prints its title with the time it took. */
export async function timed<T>(
  print: (line: string) => void,
  title: string,
  work: () => Promise<T>,
): Promise<T> {
  const begin = performance.now();
  const result = await work();
  print(`${title} (${((performance.now() - begin) / 1000).toFixed(1)} s)`);
  return result;
}
