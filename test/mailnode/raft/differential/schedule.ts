/** A random schedule for both implementations: phases of events in any order, each followed by quiet. */
import type { NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import type { Transition } from "../../../../src/mailnode/raft/core/membership.ts";
import { Chance } from "../harness/chance.ts";
import type { Counts } from "./counts.ts";
import { standsForOne } from "./differences.ts";
import { Difference, Lockstep } from "./lockstep.ts";
import type { Change, MakeCluster, Settings } from "./side.ts";

const PHASES = 4;
const EVENTS_PER_PHASE = 100;

export class Schedule {
  readonly #chance: Chance;
  readonly #settings: Settings;
  readonly #pair: Lockstep;
  readonly #counts: Counts;
  readonly #weights: readonly (readonly [number, () => void])[];
  /** What was done, for the report of a difference. */
  readonly story: string[] = [];
  readonly #ids: readonly NodeId[];
  #proposals = 0;
  #reads = 0;

  constructor(seed: number, makers: readonly [core: MakeCluster, oracle: MakeCluster], counts: Counts) {
    const chance = (this.#chance = new Chance(seed));
    this.#counts = counts;
    this.#settings = {
      ...nodes(chance.pick([1, 2, 3, 3, 3, 4, 5, 5]), chance.pick([0, 0, 1, 2])),
      electionTicks: chance.pick([3, 5, 10]),
      preVote: chance.happens(0.5),
      checkQuorum: chance.happens(0.5),
      singly: chance.happens(0.5),
    };
    this.#pair = new Lockstep(makers, this.#settings);
    this.#ids = [...this.#settings.founders, ...this.#settings.joiners];
    // Every second cluster keeps its members: what a change would hide is compared there.
    const changing = chance.happens(0.5) ? 1 : 0;
    // Swarm: every seed has its own mixture.
    const swarm = (weight: number): number => weight * (0.2 + 1.8 * chance.next());
    this.#weights = [
      [swarm(12), () => this.#tick(this.#anyone())],
      [swarm(4), () => this.#campaign(this.#anyone())],
      [swarm(12), () => this.#propose()],
      [swarm(6), () => this.#read()],
      [changing * swarm(4), () => this.#change()],
      [changing * swarm(2), () => this.#leaveJoint()],
      [swarm(60), () => this.#deliver(false)],
      [swarm(4), () => this.#deliver(true)],
      [swarm(4), () => this.#lose()],
      [swarm(6), () => this.#compact()],
      [swarm(1), () => this.#restart()],
      [swarm(1), () => this.#cut()],
      // Without it, who is cut off falls so far behind that it needs a snapshot.
      [chance.happens(0.5) ? swarm(1.5) : 0, () => this.#heal()],
      // With the check of the quorum on, see #calmTransfer.
      [this.#settings.checkQuorum ? 0 : swarm(1), () => this.#transfer()],
    ];
  }

  run(): void {
    this.story.push(JSON.stringify(this.#settings));
    for (let phase = 0; phase < PHASES; phase++) {
      if (this.#settings.checkQuorum && this.#chance.happens(0.5)) this.#calmTransfer();
      for (let event = 0; event < EVENTS_PER_PHASE; event++) this.#event();
      this.#settle();
      this.story.push("compare");
      this.#pair.compare();
      this.#counts.phases++;
    }
    this.#counts.snapshots += this.#pair.snapshots;
  }

  #event(): void {
    const total = this.#weights.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.#chance.next() * total;
    for (const [weight, act] of this.#weights) {
      at -= weight;
      if (at < 0) return act();
    }
  }

  /** The network is whole again; somebody leads, and all have what is committed. */
  #settle(): void {
    this.story.push("settle");
    this.#heal();
    this.#watch(() => this.#pair.flush());
    for (let attempt = 0; attempt < 60; attempt++) {
      // So long that a leader without a quorum gives up, and then nobody holds to it any more.
      this.#tickAll(2 * this.#settings.electionTicks, () => this.#pair.flush());
      if (this.#pair.led()) break;
      this.#campaign(this.#anyone());
      this.#watch(() => this.#pair.flush());
    }
    this.story.push("catch up");
    this.#tickAll(3 * this.#settings.electionTicks, () => this.#pair.catchUp());
    if (!this.#pair.settled()) throw new Difference(`they do not settle:\n${this.#pair.describe()}`);
  }

  #tickAll(ticks: number, afterwards: () => void): void {
    for (let tick = 0; tick < ticks; tick++) {
      for (const id of this.#ids) this.#tick(id);
      afterwards();
    }
  }

  #anyone(): NodeId {
    return this.#chance.pick(this.#ids);
  }

  #leader(): NodeId | undefined {
    const leaders = this.#pair.pictures().filter(({ role }) => role === "leader");
    return leaders.length === 0 ? undefined : this.#chance.pick(leaders).id;
  }

  #tick(id: NodeId): void {
    this.story.push(`tick ${id}`);
    this.#watch(() => this.#pair.act(id, (peer) => peer.tick()));
  }

  #campaign(id: NodeId): void {
    if (standsForOne(...this.#pair.picture(id))) return;
    this.story.push(`campaign ${id}`);
    if (this.#pair.pictures().some(({ role }) => role === "candidate" || role === "preCandidate"))
      this.#counts.contests++;
    this.#watch(() => this.#pair.act(id, (peer) => peer.campaign()));
  }

  #propose(): void {
    const leader = this.#leader();
    if (leader === undefined) return;
    const data = `p${++this.#proposals}`;
    this.story.push(`propose ${leader} ${data}`);
    this.#pair.act(leader, (peer) => peer.propose(data));
    this.#counts.entries++;
  }

  #read(): void {
    const leader = this.#leader();
    const id = leader !== undefined && this.#chance.happens(0.4) ? leader : this.#anyone();
    const name = `r${++this.#reads}`;
    this.story.push(`read ${id} ${name}`);
    const [, { role, leader: followed }] = this.#pair.picture(id);
    if (role === "leader") this.#counts.readsOfLeaders++;
    else if (followed !== undefined) this.#counts.readsOfFollowers++;
    this.#pair.act(id, (peer) => peer.read(name));
  }

  #change(): void {
    const leader = this.#leader();
    if (leader === undefined) return;
    const { members } = this.#pair.picture(leader)[1];
    const changes = new Map<NodeId, Change["become"]>();
    const learner = members.learners[0];
    if (learner !== undefined && this.#chance.happens(0.5)) changes.set(learner, "voter");
    for (let count = this.#chance.pick([1, 1, 1, 2, 3]); count > changes.size; count--)
      changes.set(this.#anyone(), this.#chance.pick(["voter", "voter", "learner", "removed"]));
    const list = [...changes].map(([id, become]) => ({ id, become }));
    const changed = list.filter(({ id, become }) => members.voters.includes(id) !== (become === "voter"));
    const transition = this.#chance.pick<Transition>(["auto", "auto", "joint", "explicit"]);
    // Several that touch one voter at most: the core makes them at once, the oracle jointly.
    const direct = transition === "auto" && list.length > 1 && changed.length < 2;
    this.#changeTo(leader, list, direct ? "joint" : transition);
  }

  #changeTo(leader: NodeId, changes: readonly Change[], transition: Transition): void {
    const text = changes.map(({ id, become }) => `${id} ${become}`).join(", ");
    this.story.push(`change ${leader} ${transition}: ${text}`);
    this.#watch(() => this.#pair.act(leader, (peer) => peer.change(changes, transition)));
  }

  #leaveJoint(): void {
    const leader = this.#leader();
    if (leader === undefined) return;
    this.story.push(`leave ${leader}`);
    this.#watch(() => this.#pair.act(leader, (peer) => peer.leaveJoint()));
  }

  #deliver(twice: boolean): void {
    const pairs = this.#pair.pairs();
    if (pairs.length === 0) return;
    // Mostly in order, at times from anywhere.
    const pair = this.#chance.happens(0.7) ? pairs[0]! : this.#chance.pick(pairs);
    this.story.push(`deliver${twice ? " and keep" : ""} ${this.#pair.textOf(pair)}`);
    if (twice) this.#counts.doubles++;
    this.#watch(() => this.#pair.deliver(pair, twice));
  }

  #lose(): void {
    const pairs = this.#pair.pairs();
    if (pairs.length === 0) return;
    const pair = this.#chance.pick(pairs);
    this.story.push(`lose ${this.#pair.textOf(pair)}`);
    this.#pair.lose(pair);
    this.#counts.losses++;
  }

  /** Where both have applied the same, so that they forget the same. */
  #compact(): void {
    // The leader's are those that make it send snapshots.
    const id = (this.#chance.happens(0.7) ? this.#leader() : undefined) ?? this.#anyone();
    const [core, oracle] = this.#pair.picture(id);
    if (core.applied !== oracle.applied || core.applied <= Math.max(core.snapshot, oracle.snapshot)) return;
    const keep = this.#chance.pick([0, 0, 2]);
    this.story.push(`compact ${id} at ${core.applied}, but for ${keep}`);
    this.#pair.act(id, (peer) => peer.compact(keep));
    this.#counts.compactions++;
  }

  #restart(): void {
    const id = this.#anyone();
    this.story.push(`restart ${id}`);
    this.#pair.act(id, (peer) => peer.restart());
    this.#counts.restarts++;
  }

  #cut(): void {
    const ids = this.#ids.filter(() => this.#chance.happens(0.4));
    this.story.push(`cut off ${ids.join(" ")}`);
    this.#pair.cut(ids);
    this.#counts.cuts++;
  }

  #heal(): void {
    this.story.push("heal");
    this.#pair.heal();
  }

  #transfer(): void {
    const leader = this.#leader();
    if (leader === undefined) return;
    if (this.#pair.picture(leader).some(({ transferee }) => transferee !== undefined)) return;
    // While it goes on, the core does not leave a joint membership by itself; the oracle does.
    if (this.#pair.picture(leader).some(({ members }) => members.autoLeave)) return;
    const to = this.#anyone();
    if (to === leader) return;
    this.story.push(`transfer ${leader} ${to}`);
    this.#pair.act(leader, (peer) => peer.transfer(to));
    this.#counts.transfers++;
  }

  /**
   * A transfer that ends before the next tick: the oracle begins a new period of its check of the quorum with it, the
   * core does not.
   */
  #calmTransfer(): void {
    this.#transfer();
    this.#watch(() => this.#pair.flush());
  }

  /** Counts what comes of it: elections, conflicts in logs, changes of members. */
  #watch(act: () => void): void {
    const before = this.#pair.pictures();
    act();
    for (const [at, now] of this.#pair.pictures().entries()) this.#counts.note(before[at]!, now);
  }
}

function nodes(founders: number, joiners: number): Pick<Settings, "founders" | "joiners"> {
  const all = Array.from({ length: founders + joiners }, (_, place) => `n${place + 1}`);
  return { founders: all.slice(0, founders), joiners: all.slice(founders) };
}
