/**
 * Connections between simulated processes, as the transport of raft/shell promises them: in order while one lasts,
 * nothing twice, and whoever sends is told when one breaks, if anybody can know. All else may happen: packets that
 * are late, connections that break under them, what was under way arriving after the next connection was made.
 */
import type { Message } from "../raft/core/messages.ts";
import type { NodeId } from "../raft/core/types.ts";
import { decodePacket, encodePacket } from "../raft/shell/packet-codec.ts";
import type { Packet } from "../raft/shell/packet.ts";
import type { Receiver, Transport } from "../raft/shell/transport.ts";
import type { Chance } from "./chance.ts";
import { Link } from "./link.ts";
import type { Process } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Swarm } from "./swarm.ts";
import type { Ways } from "./ways.ts";

export interface NetworkOptions {
  readonly scheduler: Scheduler<Process>;
  readonly chance: Chance;
  readonly swarm: Swarm;
  readonly ways: Ways;
  /** A message leaves a core. */
  readonly sent: (from: Process, message: Message) => void;
  /** A message has gone into a core. */
  readonly taken: (by: Process, message: Message) => void;
}

interface Port {
  readonly process: Process;
  readonly receiver: Receiver;
}

export class Network {
  readonly #options: NetworkOptions;
  readonly #ports = new Map<NodeId, Port>();
  readonly #links = new Map<Process, Map<NodeId, Link>>();

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** The transport of a process; `id` is what it is known by. */
  transport(process: Process, id: NodeId): Transport {
    let open = true;
    process.onEnd(() => this.#ended(process, id));
    return {
      start: (receiver) => void this.#ports.set(id, { process, receiver }),
      send: (to, packet) => open && process.alive && this.#send(process, id, to, packet),
      close: async () => {
        open = false;
        this.#ended(process, id);
      },
    };
  }

  /** Ends all faults: cuts, slow links, and what chance would do. */
  calm(): void {
    const { ways } = this.#options;
    ways.calm();
    for (const [from, to] of ways.cuts) this.heal(from, to);
  }

  /** Lets nothing pass from one machine to another until `heal` is called as often. */
  cut(from: string, to: string): void {
    const { ways } = this.#options;
    if (ways.faulty) ways.cut(from, to);
  }

  heal(from: string, to: string): void {
    if (!this.#options.ways.heal(from, to)) return;
    for (const link of this.#all()) {
      if (link.from.machine.name !== from || this.#machineOf(link) !== to) continue;
      for (const deliver of link.held.splice(0)) deliver();
    }
  }

  /** Packets from one machine to another take so many times as long. */
  slow(from: string, to: string, slowness: number): void {
    const { ways } = this.#options;
    if (ways.faulty) ways.slow(from, to, slowness);
  }

  /** Breaks the connections between two machines, both ways. */
  reset(one: string, other: string): void {
    for (const link of this.#all()) {
      const ends = [link.from.machine.name, this.#machineOf(link)];
      if (ends.includes(one) && ends.includes(other)) this.#break(link, 0);
    }
  }

  #send(from: Process, id: NodeId, to: NodeId, packet: Packet): boolean {
    const message = packet.type === "raft" || packet.type === "snapshotOffer" ? packet.message : undefined;
    if (message !== undefined) this.#options.sent(from, message);
    const link = this.#link(from, to);
    if (!this.#dial(link)) return false;
    if (link.broken) return true;
    const { chance, swarm, scheduler, ways } = this.#options;
    const frame = encodePacket(packet);
    const slowness = ways.slowness(from.machine.name, link.peer!.machine.name);
    const delay = (swarm.latencyMs + chance.next() * swarm.jitterMs) * slowness;
    link.busyUntil = Math.max(scheduler.now + delay, link.busyUntil);
    if (ways.faulty && chance.happens(swarm.lossRate)) {
      this.#break(link, delay);
      return true;
    }
    const doubled = ways.faulty && packet.type === "raft" && chance.happens(swarm.doubleRate);
    const times = doubled ? 2 : 1;
    for (let time = 0; time < times; time++) {
      const extra = time * chance.next() * 5 * swarm.tickMs;
      this.#deliver(link, id, extra, () => decodePacket(frame));
    }
    return true;
  }

  /** At the time when it arrives, unless the connection has ended by then. */
  #deliver(link: Link, from: NodeId, extra: number, packet: () => Packet): void {
    const { scheduler, chance, swarm, ways } = this.#options;
    const { connection, to, peer } = link;
    const receive = (): void => {
      const port = this.#ports.get(to);
      if (port === undefined || port.process !== peer) return;
      const whole = packet();
      port.receiver.packet(from, whole);
      if (whole.type === "raft") this.#options.taken(port.process, whole.message);
    };
    const arrive = (): void => {
      if (this.#isCut(link)) {
        // TCP tries again until the cut ends or the connection is given up.
        if (link.connection !== connection) return;
        if (link.held.length === 0) this.#giveUp(link);
        link.held.push(() => scheduler.after(0, peer, `packet ${from}>${to}`, receive, true));
        return;
      }
      if (link.connection === connection) return receive();
      if (ways.faulty && chance.happens(swarm.lateRate))
        scheduler.after(chance.next() * 8 * swarm.tickMs, peer, `late packet ${from}>${to}`, receive, true);
    };
    scheduler.after(link.busyUntil - scheduler.now + extra, peer, `packet ${from}>${to}`, arrive, true);
  }

  /** Whether there is a connection; one is made when it can be. */
  #dial(link: Link): boolean {
    if (link.peer !== undefined) return true;
    const { scheduler } = this.#options;
    const port = this.#ports.get(link.to);
    if (port === undefined || scheduler.now < link.dialAt || this.#isCut(link, port)) return false;
    link.peer = port.process;
    link.busyUntil = scheduler.now;
    return true;
  }

  /** A connection over a way that is cut lasts a while, then its end gives it up. */
  #giveUp(link: Link): void {
    const { scheduler, chance, swarm } = this.#options;
    const { connection } = link;
    scheduler.after(chance.between(3, 40) * swarm.tickMs, link.from, "timeout", () => {
      if (link.connection === connection && link.held.length > 0) this.#break(link, 0);
    });
  }

  /** Ends a connection: both ends learn of it, each in its time, and the next one is made after the first has. */
  #break(link: Link, afterMs: number): void {
    const { scheduler, chance, swarm } = this.#options;
    const { peer, connection, to } = link;
    if (peer === undefined || link.broken) return;
    const id = link.from.running?.id;
    const told = afterMs + chance.next() * 2 * swarm.tickMs;
    link.connection++;
    link.broken = true;
    link.held = [];
    const noticed = (): void => {
      if (link.connection !== connection + 1) return;
      link.broken = false;
      link.peer = undefined;
      link.dialAt = scheduler.now + chance.next() * 3 * swarm.tickMs;
      this.#ports.get(id!)?.receiver.broken(to);
    };
    const noticedThere = (): void => {
      const port = this.#ports.get(to);
      if (port?.process === peer) port.receiver.broken(id!);
    };
    scheduler.after(told, link.from, `broken ${to}`, noticed, true);
    scheduler.after(afterMs + chance.next() * 4 * swarm.tickMs, peer, `broken ${id}`, noticedThere, true);
  }

  /** Who was connected to it learns that: soon after a kill, late after a power loss. */
  #ended(process: Process, id: NodeId): void {
    if (this.#ports.get(id)?.process !== process) return;
    this.#ports.delete(id);
    this.#links.delete(process);
    const { chance, swarm } = this.#options;
    const silent = process.machine.silent ? 10 * swarm.tickMs : 0;
    for (const link of this.#all())
      if (link.peer === process) this.#break(link, chance.next() * (silent + swarm.tickMs));
  }

  #isCut(link: Link, port = this.#ports.get(link.to)): boolean {
    const machine = link.peer?.machine ?? port?.process.machine;
    return machine !== undefined && this.#options.ways.isCut(link.from.machine.name, machine.name);
  }

  #machineOf(link: Link): string | undefined {
    return (link.peer ?? this.#ports.get(link.to)?.process)?.machine.name;
  }

  #link(from: Process, to: NodeId): Link {
    let links = this.#links.get(from);
    if (links === undefined) this.#links.set(from, (links = new Map<NodeId, Link>()));
    let link = links.get(to);
    if (link === undefined) links.set(to, (link = new Link(from, to)));
    return link;
  }

  #all(): readonly Link[] {
    return [...this.#links.values()].flatMap((links) => [...links.values()]);
  }
}
