/** Several cores on a network and disks that a seed makes fail: one event after the other, checked after each. */
import type { MemberChange } from "../../../../src/mailnode/raft/core/membership-change.ts";
import type { Message } from "../../../../src/mailnode/raft/core/messages.ts";
import type { Membership, NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import { Chance } from "./chance.ts";
import { Invariants, must } from "./invariants.ts";
import { TestNode } from "./test-node.ts";

const IN_FLIGHT_MAX = 200;

export class RandomCluster {
  readonly nodes: readonly TestNode[];
  readonly invariants = new Invariants();
  /** How often each thing happened: a schedule that never elected anybody proves nothing. */
  readonly counts = {
    elections: 0,
    commits: 0,
    reads: 0,
    restarts: 0,
    snapshots: 0,
    changes: 0,
    transfers: 0,
  };
  readonly #chance: Chance;
  readonly #faults: boolean;
  #network: Message[] = [];
  #cut = new Set<NodeId>();
  #proposals = 0;
  readonly #witnesses: readonly NodeId[];
  readonly #reads = new Map<string, number>();
  readonly #weights: readonly (readonly [number, () => void])[];

  constructor(seed: number) {
    const chance = (this.#chance = new Chance(seed));
    const ids = ["n1", "n2", "n3", "n4", "n5", "n6"].slice(0, 3 + chance.below(4));
    const voters = ids.slice(0, 3 + chance.below(ids.length - 2));
    const witnesses = voters.length > 2 && chance.happens(0.3) ? [voters[2]!] : [];
    this.#witnesses = witnesses;
    const membership: Membership = { ...NOBODY, voters, witnesses };
    const options = {
      random: () => chance.next(),
      electionTicks: 5,
      preVote: chance.happens(0.7),
      checkQuorum: chance.happens(0.7),
      maxMessageBytes: chance.pick([1, 100, 10_000]),
      maxInflightMessages: chance.pick([1, 4, 64]),
      maxUncommittedBytes: chance.pick([200, 100_000]),
      maxApplyBytes: chance.pick([50, 100_000]),
    };
    const snapshots = new Map<string, readonly string[]>([["0/0", []]]);
    this.nodes = ids.map((id) => {
      const own = { ...options, witness: witnesses.includes(id), electionRank: chance.happens(0.2) ? 1 : 0 };
      return new TestNode(
        id,
        voters.includes(id) ? membership : undefined,
        own,
        snapshots,
        this.invariants.onApply,
      );
    });
    this.#faults = chance.happens(0.9);
    const rare = this.#faults ? 1 : 0;
    // Swarm: every seed has its own mixture of events.
    const swarm = (weight: number): number => weight * (0.2 + 1.8 * chance.next());
    this.#weights = [
      [swarm(14), () => this.#onNode((node) => node.raft.tick())],
      [swarm(40), () => this.#onNode((node) => this.#take(node))],
      [swarm(30), () => this.#onNode((node) => this.#persist(node))],
      [swarm(70), () => this.#deliverOne()],
      [swarm(12), () => this.#onNode((node) => this.#propose(node))],
      [swarm(6), () => this.#onNode((node) => this.#read(node))],
      [swarm(0.4), () => this.#onNode((node) => this.#transfer(node))],
      [swarm(1.0), () => this.#onNode((node) => this.#change(node))],
      [swarm(1.0), () => this.#onNode((node) => this.#compact(node))],
      [swarm(0.5) * rare, () => this.#onNode((node) => this.#restart(node))],
      [swarm(0.4) * rare, () => this.#partition()],
      [swarm(0.6), () => this.#cut.clear()],
    ];
  }

  /** One event, chosen by chance. */
  event(): void {
    const total = this.#weights.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.#chance.next() * total;
    for (const [weight, act] of this.#weights) {
      at -= weight;
      if (at < 0) return act();
    }
  }

  /** Ends all faults: within a bounded time one node leads, and everybody applies a new entry. */
  settle(): void {
    this.#cut.clear();
    let proposed: number | undefined;
    for (let round = 0; round < 400; round++) {
      for (const node of this.nodes) node.raft.tick();
      this.#drain();
      // Who was removed may stand for ever, and nobody minds.
      const leader = this.nodes.find(
        ({ id, raft }) =>
          raft.role === "leader" &&
          this.nodes.every((other) => !raft.membership.voters.includes(other.id) || other.raft.leader === id),
      );
      if (leader === undefined) continue;
      if (proposed === undefined) {
        const entry = leader.raft.propose(new TextEncoder().encode("last"));
        if (!("refused" in entry)) proposed = entry.index;
        continue;
      }
      const { membership } = leader.raft;
      if (membership.votersOutgoing.length > 0) {
        leader.raft.leaveJoint();
        continue;
      }
      const members = this.nodes.filter(({ id }) =>
        [...membership.voters, ...membership.learners].includes(id),
      );
      const done = members.every(({ raft }) => raft.status().applied >= proposed!);
      const full = members.filter(({ id }) => !membership.witnesses.includes(id));
      if (done && full.every(({ state }) => state.includes("last"))) {
        this.invariants.checkLogs(this.nodes);
        return;
      }
    }
    throw new Error("no progress after all faults had ended");
  }

  /** Delivers, persists and takes until nothing is left. */
  #drain(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const node of this.nodes) {
        busy = this.#take(node) || busy;
        while (node.store.waiting > 0) this.#persist(node);
      }
      const messages = this.#network.splice(0);
      for (const message of messages) this.#deliver(message);
      busy = busy || messages.length > 0;
    }
  }

  #onNode(act: (node: TestNode) => void): void {
    const node = this.#chance.pick(this.nodes);
    act(node);
    this.invariants.check(node, this.nodes);
  }

  #take(node: TestNode): boolean {
    const before = node.raft.committed;
    const ready = node.take();
    if (ready === undefined) return false;
    if (ready.softState?.role === "leader") this.counts.elections++;
    if (ready.committed.length > 0) this.counts.commits += before > 0 ? ready.committed.length : 0;
    this.#send(node, ready.messages);
    for (const { request, index } of ready.readStates) {
      const floor = this.#reads.get(`${node.id} ${request}`);
      must(floor !== undefined, `${node.id} got an answer to read ${request}, which it did not ask`);
      must(index >= floor!, `${node.id} read at ${index}, and ${floor} was committed when it asked`);
      this.counts.reads++;
    }
    return true;
  }

  #persist(node: TestNode): void {
    this.#send(node, node.persist());
    this.invariants.check(node, this.nodes);
  }

  #send(node: TestNode, messages: readonly Message[]): void {
    for (const message of messages) {
      this.invariants.onSend(node, message);
      this.#network.push(message);
    }
    while (this.#network.length > IN_FLIGHT_MAX) this.#lose(this.#takeOne());
  }

  #takeOne(): Message {
    // Mostly in order, at times from anywhere.
    const place = this.#chance.happens(0.8) ? 0 : this.#chance.below(this.#network.length);
    return this.#network.splice(place, 1)[0]!;
  }

  #deliverOne(): void {
    if (this.#network.length === 0) return;
    const message = this.#takeOne();
    if (this.#faults && this.#chance.happens(0.03)) {
      this.#lose(message);
      return;
    }
    if (this.#faults && this.#chance.happens(0.03)) this.#network.push(message);
    this.#deliver(message);
  }

  #deliver(message: Message): void {
    const node = this.nodes.find(({ id }) => id === message.to)!;
    if (this.#cut.has(message.from) !== this.#cut.has(message.to)) {
      this.#lose(message);
      return;
    }
    if (message.type === "snapshot") this.counts.snapshots++;
    node.raft.step(message);
    this.invariants.check(node, this.nodes);
    if (this.#chance.happens(0.01)) this.invariants.checkLogs(this.nodes);
  }

  #lose(message: Message): void {
    const sender = this.nodes.find(({ id }) => id === message.from)!;
    if (message.type === "snapshot") sender.raft.snapshotFailed(message.to);
    else if (this.#chance.happens(0.3)) sender.raft.unreachable(message.to);
  }

  #propose(node: TestNode): void {
    node.raft.propose(new TextEncoder().encode(`p${++this.#proposals}`));
  }

  #read(node: TestNode): void {
    const read = node.raft.readIndex();
    if ("request" in read) this.#reads.set(`${node.id} ${read.request}`, this.invariants.highestCommit);
  }

  #transfer(node: TestNode): void {
    if (node.raft.transferLeadership(this.#chance.pick(this.nodes).id) === undefined) this.counts.transfers++;
  }

  #change(node: TestNode): void {
    if (node.raft.membership.votersOutgoing.length > 0 && this.#chance.happens(0.5)) {
      node.raft.leaveJoint();
      return;
    }
    const become = ["voter", "voter", "learner", "removed"] as const;
    const changes: MemberChange[] = [];
    for (let count = 1 + this.#chance.below(3); count > 0; count--) {
      const { id } = this.#chance.pick(this.nodes);
      const chosen = this.#chance.pick(become);
      // An id that was a witness's never holds state; another role would need another id.
      changes.push({ become: this.#witnesses.includes(id) && chosen !== "removed" ? "witness" : chosen, id });
    }
    const transition = this.#chance.pick(["auto", "auto", "joint", "explicit"] as const);
    if (!("refused" in node.raft.proposeMembership(changes, transition))) this.counts.changes++;
  }

  #compact(node: TestNode): void {
    const { applied, snapshot } = node.raft.status();
    if (applied > snapshot.index) node.compact(this.#chance.pick([0, 0, 3]));
  }

  #restart(node: TestNode): void {
    node.restart(this.#chance.below(node.store.waiting + 1));
    this.invariants.onRestart(node);
    // Its connections broke, and with them what snapshot it had not confirmed.
    for (const other of this.nodes) other.raft.snapshotFailed(node.id);
    this.counts.restarts++;
  }

  #partition(): void {
    this.#cut = new Set(this.nodes.filter(() => this.#chance.happens(0.4)).map(({ id }) => id));
  }
}
