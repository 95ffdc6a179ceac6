/** Two clusters, one of each implementation, that are told the same, message by message. */
import type { NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import { comesOnce, isLost } from "./differences.ts";
import { membersText } from "./letter.ts";
import type { Letter, MakeCluster, Peer, Picture, Settings } from "./side.ts";

const SIDES = ["core", "oracle"] as const;
const ROUNDS_MAX = 10_000;
type Both<T> = readonly [core: T, oracle: T];

/** A leader's term, and the commit index with which it was elected. */
interface Office {
  readonly term: number;
  readonly commit: number;
}

/** The two went different ways. */
export class Difference extends Error {
  override readonly name = "Difference";
}

export class Lockstep {
  readonly #peers: Both<ReadonlyMap<NodeId, Peer>>;
  readonly #network: Both<Letter[]> = [[], []];
  readonly #cut = new Set<NodeId>();
  readonly #elected: Both<Map<NodeId, Office>> = [new Map(), new Map()];
  /** How many snapshots both delivered at the same moment. */
  snapshots = 0;
  /** Until one of them gets a message that the other does not. */
  #inStep = true;

  constructor(makers: Both<MakeCluster>, settings: Settings) {
    const [core, oracle] = makers;
    const byId = (peers: readonly Peer[]): ReadonlyMap<NodeId, Peer> =>
      new Map(peers.map((peer) => [peer.id, peer]));
    this.#peers = [byId(core(settings)), byId(oracle(settings))];
  }

  /** One input for a node of each cluster. */
  act(id: NodeId, input: (peer: Peer) => readonly Letter[] | void): void {
    for (const side of [0, 1] as const) {
      this.#network[side].push(...(input(this.#peers[side].get(id)!) ?? []));
    }
    this.#compareRoles();
  }

  picture(id: NodeId): Both<Picture> {
    return [this.#peers[0].get(id)!.picture(), this.#peers[1].get(id)!.picture()];
  }

  /** The oracle's nodes. */
  pictures(): readonly Picture[] {
    return [...this.#peers[1].values()].map((peer) => peer.picture());
  }

  /** The places, in the core's network and in the oracle's, of the messages that both are waiting for. */
  pairs(): readonly Both<number>[] {
    const [core, oracle] = this.#network;
    const taken = new Set<number>();
    const pairs: Both<number>[] = [];
    core.forEach(({ text }, place) => {
      const partner = oracle.findIndex((letter, other) => letter.text === text && !taken.has(other));
      if (partner === -1) return;
      taken.add(partner);
      pairs.push([place, partner]);
    });
    return pairs;
  }

  /** Delivers a message to both, and keeps it under way when it is to come twice. Over a cut it is lost. */
  deliver([core, oracle]: Both<number>, twice: boolean): void {
    const letters: Both<Letter> = [this.#network[0][core]!, this.#network[1][oracle]!];
    if (!twice || comesOnce(letters[0])) {
      this.#network[0].splice(core, 1);
      this.#network[1].splice(oracle, 1);
    }
    const [{ from, to }] = letters;
    const apart = this.#cut.has(from) !== this.#cut.has(to);
    const lost =
      apart || letters.some((letter, side) => isLost(letter, this.#peers[side]!.get(to)!.picture()));
    if (!lost && letters[0].type === "snapshot") this.snapshots++;
    for (const side of [0, 1] as const) {
      if (lost) this.#lost(side, [letters[side]]);
      else this.#open(side, letters[side]);
    }
    this.#compareRoles();
  }

  textOf([core]: Both<number>): string {
    return this.#network[0][core]!.text;
  }

  lose(pair: Both<number>): void {
    for (const side of [0, 1] as const) this.#lost(side, this.#network[side].splice(pair[side], 1));
  }

  /** A sender learns that its snapshot did not arrive: the transport saw the connection break. */
  #lost(side: 0 | 1, letters: readonly Letter[]): void {
    for (const { type, from, to } of letters) {
      if (type !== "snapshot") continue;
      this.#network[side].push(...this.#peers[side].get(from)!.snapshotSent(to, false));
    }
  }

  /** Gives a letter to its receiver. */
  #open(side: 0 | 1, letter: Letter): void {
    const { type, from, to } = letter;
    this.#network[side].push(...letter.open());
    if (type === "snapshot") this.#network[side].push(...this.#peers[side].get(from)!.snapshotSent(to, true));
  }

  /** Parts these from the others; an earlier cut ends. */
  cut(ids: readonly NodeId[]): void {
    this.#cut.clear();
    for (const id of ids) this.#cut.add(id);
  }

  heal(): void {
    this.#cut.clear();
  }

  /** What both have under way arrives, in the same order; what one has alone is lost. */
  flush(): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const [pair] = this.pairs();
      if (pair === undefined) break;
      this.deliver(pair, false);
    }
    for (const side of [0, 1] as const) this.#lost(side, this.#network[side].splice(0));
  }

  /** All arrives, each cluster for itself, and nothing is lost any more. Until `compare` they are not in step. */
  catchUp(): void {
    this.#inStep = false;
    for (const side of [0, 1] as const) {
      const letters = this.#network[side];
      for (let count = 0; letters.length > 0; count++) {
        if (count > ROUNDS_MAX) throw new Difference(`they talk without end:\n${this.#underWay()}`);
        this.#open(side, letters.shift()!);
      }
    }
  }

  /** Whether one node leads all, for both. */
  led(): boolean {
    return this.#peers.every((peers) => leaderOf(peers) !== undefined);
  }

  /** Whether, besides, all have and have committed the whole log of the leader. */
  settled(): boolean {
    return this.#peers.every((peers) => {
      const leader = leaderOf(peers);
      return (
        leader !== undefined &&
        membersOf(leader)
          .map((id) => peers.get(id)!.picture())
          .every(({ last, commit }) => last === leader.last && last.endsWith(`/${commit}`))
      );
    });
  }

  /** Both as they are, for the report of a difference. */
  describe(): string {
    return SIDES.map((side, at) => {
      const all = [...this.#peers[at]!.values()].map((peer) => JSON.stringify(peer.picture()));
      return `${side}:\n  ${all.join("\n  ")}`;
    }).join("\n");
  }

  /**
   * All of every member, after a phase; but for how much of its log it forgot, if it got more by snapshot or less. Of
   * others, what they are: how much they heard before they were left out depends on who told it how soon.
   */
  compare(): void {
    const members = membersOf(leaderOf(this.#peers[0])!);
    for (const id of this.#peers[0].keys()) {
      const peers = this.#peers.map((side) => side.get(id)!);
      const first = Math.max(...peers.map((peer) => Math.min(...peer.log().keys())));
      const [core, oracle] = peers.map((peer) => {
        const picture = peer.picture();
        if (!members.includes(id)) return rolesOf(picture, "");
        const log = [...peer.log()].filter(([index]) => index >= first).map(([, text]) => text);
        const followed = membersText(picture.members);
        return JSON.stringify({
          ...picture,
          members: followed,
          snapshot: undefined,
          snapshotMembers: undefined,
          log,
          state: peer.state(),
        });
      });
      if (core !== oracle) throw new Difference(`${id} is\n${core}\nand for the oracle\n${oracle}`);
    }
    this.#inStep = true;
  }

  /**
   * At any moment: terms, votes and roles, logs and members, the answers to reads are the same, what a leader
   * committed in its term, and who counted in snapshots of one index. How much of the commit index it had heard of
   * before is not: the oracle tells it at once, the core with the next message.
   */
  #compareRoles(): void {
    if (!this.#inStep) return;
    for (const id of this.#peers[0].keys()) {
      const pictures = this.picture(id);
      const sameSnapshot = pictures[0].snapshot === pictures[1].snapshot;
      const [core, oracle] = pictures.map((picture, side) => {
        const roles = rolesOf(picture, this.#committedInOffice(picture, this.#elected[side]!));
        return sameSnapshot
          ? `${roles}, its snapshot's members: ${membersText(picture.snapshotMembers)}`
          : roles;
      });
      if (core !== oracle) {
        throw new Difference(`${id} is ${core}, for the oracle ${oracle}; under way:\n${this.#underWay()}`);
      }
    }
  }

  #committedInOffice({ id, role, term, commit }: Picture, elected: Map<NodeId, Office>): string {
    if (role !== "leader") return "";
    let office = elected.get(id);
    if (office?.term !== term) elected.set(id, (office = { term, commit }));
    return commit === office.commit ? "" : ` and committed up to ${commit}`;
  }

  #underWay(): string {
    return SIDES.map(
      (side, at) => `${side}:\n  ${this.#network[at]!.map(({ text }) => text).join("\n  ")}`,
    ).join("\n");
  }
}

/** The leader whom all its members follow. */
function leaderOf(peers: ReadonlyMap<NodeId, Peer>): Picture | undefined {
  const all = [...peers.values()].map((peer) => peer.picture());
  return all.find(
    (picture) =>
      picture.role === "leader" &&
      all.every(({ id, leader }) => leader === picture.id || !membersOf(picture).includes(id)),
  );
}

function membersOf({ members }: Picture): readonly NodeId[] {
  return [...new Set([...members.voters, ...members.votersOutgoing, ...members.learners])];
}

function rolesOf(picture: Picture, committed: string): string {
  const { role, term, vote, leader, last, members, reads } = picture;
  return (
    `${role} in term ${term}${committed}, with the log up to ${last} and the members ${membersText(members)}, ` +
    `voted for ${vote ?? "nobody"}, follows ${leader ?? "nobody"}, answered reads: ${reads}`
  );
}
