/**
 * UDP and TCP between simulated processes, as the transport of membership/shell promises them. Datagrams are lost,
 * come twice and overtake each other; a stream tries again while its way is cut, until its time is over.
 */
import type { Address } from "../../membership/core/types.ts";
import type { Receiver, Transport } from "../../membership/shell/transport.ts";
import type { Chance } from "../chance.ts";
import type { Host, Process } from "../process.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Swarm } from "../swarm.ts";
import type { Ways } from "../ways.ts";

/** How many times as often as a connection breaks under a packet a datagram is lost. */
const LOSS = 5;

export interface GossipNetworkOptions {
  readonly scheduler: Scheduler<Process>;
  readonly chance: Chance;
  readonly swarm: Swarm;
  readonly ways: Ways;
}

interface Port {
  readonly process: Process;
  readonly receiver: Receiver;
}

/** One question over a stream, until it is answered or given up. */
interface Ask {
  readonly from: Process;
  readonly to: string;
  readonly question: Uint8Array;
  readonly over: () => boolean;
  readonly answered: (answer: Uint8Array | undefined) => void;
}

/** A machine keeps its address, whoever runs there. */
export function gossipAddress({ name }: Host): Address {
  return { host: `10.0.0.${name.slice(1)}`, port: 7946 };
}

export class GossipNetwork {
  readonly #options: GossipNetworkOptions;
  /** Of those that ever ran, by host; the last that did. */
  readonly #ports = new Map<string, Port>();

  constructor(options: GossipNetworkOptions) {
    this.#options = options;
  }

  transport(process: Process, receiver: Receiver): Transport {
    const address = gossipAddress(process.machine);
    const port = { process, receiver };
    this.#ports.set(address.host, port);
    return {
      address,
      send: (to, datagram) => this.#send(process, address, to, datagram),
      ask: (to, question, limitMs) => this.#ask(process, to, question, limitMs),
      close: async () => {
        if (this.#ports.get(address.host) === port) this.#ports.delete(address.host);
      },
    };
  }

  #send(from: Process, at: Address, { host }: Address, datagram: Uint8Array): void {
    const { scheduler, chance, swarm, ways } = this.#options;
    const port = this.#ports.get(host);
    if (port?.process.alive !== true || ways.isCut(from.machine.name, port.process.machine.name)) return;
    const times = ways.faulty && chance.happens(swarm.doubleRate) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      if (ways.faulty && chance.happens(LOSS * swarm.lossRate)) continue;
      const late = time * chance.next() * 5 * swarm.tickMs;
      const receive = (): void => port.receiver.datagram(at, datagram);
      const ms = this.#delay(from, port.process) + late;
      scheduler.after(ms, port.process, "gossip packet", receive, true);
    }
  }

  #ask(from: Process, { host }: Address, question: Uint8Array, limitMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (answer: Uint8Array | undefined): void => {
        if (over) return;
        over = true;
        limit.cancelled = true;
        if (answer === undefined) reject(new Error("no answer"));
        else resolve(answer);
      };
      const limit = this.#options.scheduler.after(limitMs, from, "gossip limit", () => end(undefined));
      this.#attempt({ from, to: host, question, over: () => over, answered: end });
    });
  }

  /** Connects; while nothing comes back, again in a while, as TCP does. */
  #attempt(ask: Ask): void {
    if (ask.over()) return;
    const { scheduler, chance, swarm } = this.#options;
    const { from } = ask;
    const port = this.#ports.get(ask.to);
    if (port === undefined || this.#isSilent(from, port)) {
      scheduler.after(chance.between(2, 10) * swarm.tickMs, from, "gossip connects", () =>
        this.#attempt(ask),
      );
      return;
    }
    const { process } = port;
    // There and back to connect, and there with the question.
    const ms = this.#delay(from, process) + this.#delay(process, from) + this.#delay(from, process);
    scheduler.after(ms, undefined, "gossip question", () => {
      if (process.alive) scheduler.after(0, process, "gossip asked", () => this.#answer(ask, port), true);
      else this.#say(process, ask, undefined);
    });
  }

  #answer(ask: Ask, { process, receiver }: Port): void {
    if (ask.over()) return;
    this.#say(process, ask, receiver.question(ask.question));
  }

  /** The answer, or that there is none; it goes on its way when the way is open. */
  #say(process: Process, ask: Ask, answer: Uint8Array | undefined): void {
    const { scheduler, chance, swarm, ways } = this.#options;
    const say = (): void => {
      if (ask.over()) return;
      if (ways.isCut(process.machine.name, ask.from.machine.name))
        scheduler.after(chance.between(2, 10) * swarm.tickMs, undefined, "gossip says again", say);
      else
        scheduler.after(
          this.#delay(process, ask.from),
          ask.from,
          "gossip answer",
          () => ask.answered(answer),
          true,
        );
    };
    say();
  }

  /** Whether no connection comes about and nobody says so: the way is cut, or the machine has no power. */
  #isSilent(from: Process, { process }: Port): boolean {
    const { ways } = this.#options;
    const [one, other] = [from.machine.name, process.machine.name];
    return ways.isCut(one, other) || ways.isCut(other, one) || (!process.alive && process.machine.silent);
  }

  #delay(from: Process, to: Process): number {
    const { chance, swarm, ways } = this.#options;
    const slowness = ways.slowness(from.machine.name, to.machine.name);
    return (swarm.latencyMs + chance.next() * swarm.jitterMs) * slowness;
  }
}
