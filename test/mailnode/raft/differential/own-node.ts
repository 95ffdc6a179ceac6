/** The core under test, behind the face that it shares with the oracle. */
import { decodeMembership, NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import type { Transition } from "../../../../src/mailnode/raft/core/membership.ts";
import type { Message } from "../../../../src/mailnode/raft/core/messages.ts";
import type { Entry, Membership, NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import { Chance } from "../harness/chance.ts";
import { TestNode } from "../harness/test-node.ts";
import type { SnapshotBytes } from "../harness/test-node.ts";
import {
  acceptLetter,
  appendLetter,
  entryText,
  heartbeatLetter,
  membersText,
  readLetter,
  readResponseLetter,
  readsText,
  rejectLetter,
  snapshotLetter,
  timeoutNowLetter,
} from "./letter.ts";
import { voteLetter, voteResponseLetter } from "./letter.ts";
import { OwnReads } from "./own-reads.ts";
import type { ReadNames } from "./own-reads.ts";
import type { Change, Letter, MakeCluster, Peer, Picture, Settings } from "./side.ts";

/** The election time-out grows with the rank: this one never ends. Who stands, the schedule says. */
const NEVER = 1e6;

export const ownCluster: MakeCluster = (settings) => {
  const nodes = new Map<NodeId, OwnNode>();
  const shared: Shared = {
    nodes,
    snapshots: new Map([["0/0", []]]),
    // Two requests never have one number, over restarts, too.
    random: new Chance(settings.founders.length).next,
    names: new Map(),
  };
  for (const id of [...settings.founders, ...settings.joiners]) {
    nodes.set(id, new OwnNode(id, settings, shared));
  }
  return [...nodes.values()];
};

interface Shared {
  readonly nodes: ReadonlyMap<NodeId, OwnNode>;
  readonly snapshots: SnapshotBytes;
  readonly random: () => number;
  readonly names: ReadNames;
}

class OwnNode implements Peer {
  readonly id: NodeId;
  readonly #node: TestNode;
  readonly #shared: Shared;
  /** Whom the oracle begins with everywhere. The core of a joiner knows nobody until its log tells it. */
  readonly #founders: Membership;
  readonly reads: OwnReads;
  /** In which term it leads. */
  #office: number | undefined;

  constructor(id: NodeId, settings: Settings, shared: Shared) {
    this.id = id;
    this.#shared = shared;
    this.reads = new OwnReads(shared.names);
    const { founders: voters, electionTicks, preVote, checkQuorum, singly } = settings;
    const options = {
      electionTicks,
      electionRank: NEVER,
      preVote,
      checkQuorum,
      random: shared.random,
      maxMessageBytes: singly ? 1 : 1_000_000,
      maxInflightMessages: 10_000,
    };
    this.#founders = { ...NOBODY, voters };
    const membership = voters.includes(id) ? this.#founders : NOBODY;
    this.#node = new TestNode(id, membership, options, shared.snapshots);
  }

  tick(): readonly Letter[] {
    this.#node.raft.tick();
    return this.#drain(true);
  }

  campaign(): readonly Letter[] {
    this.#node.raft.campaign();
    return this.#drain();
  }

  propose(data: string): readonly Letter[] {
    this.#node.raft.propose(new TextEncoder().encode(data));
    return this.#drain();
  }

  transfer(to: NodeId): readonly Letter[] {
    this.#node.raft.transferLeadership(to);
    return this.#drain();
  }

  read(name: string): readonly Letter[] {
    const answer = this.#node.raft.readIndex();
    if ("request" in answer) {
      this.#shared.names.set(answer.request, name);
      if (this.#node.raft.role === "leader") this.reads.add(answer.request);
    }
    return this.#drain();
  }

  change(changes: readonly Change[], transition: Transition): readonly Letter[] {
    this.#node.raft.proposeMembership(changes, transition);
    return this.#drain();
  }

  leaveJoint(): readonly Letter[] {
    this.#node.raft.leaveJoint();
    return this.#drain();
  }

  compact(keep: number): void {
    this.#node.compact(keep);
  }

  snapshotSent(to: NodeId, arrived: boolean): readonly Letter[] {
    // On success the receiver's answer is enough.
    if (!arrived) this.#node.raft.snapshotFailed(to);
    return this.#drain();
  }

  restart(): void {
    this.#node.restart(0);
  }

  picture(): Picture {
    const { id, role, term, vote, leader, transferee, commit, applied, last, snapshot, membership } =
      this.#node.raft.status();
    return {
      id,
      role,
      term,
      vote,
      leader,
      transferee,
      commit,
      applied,
      snapshot: snapshot.index,
      snapshotMembers: this.#known(this.#node.store.snapshot.membership),
      last: `${last.term}/${last.index}`,
      members: this.#known(membership),
      reads: readsText(this.reads.answers),
    };
  }

  log(): ReadonlyMap<number, string> {
    const { first, last } = this.#node.raft.status();
    const entries = last.index < first ? [] : this.#node.raft.entries(first, Infinity);
    return new Map(entries.map((entry) => [entry.index, textOf(entry)]));
  }

  state(): readonly string[] {
    return this.#node.state;
  }

  #known(membership: Membership): Membership {
    return membership.voters.length > 0 ? membership : this.#founders;
  }

  #step(message: Message): readonly Letter[] {
    const { raft } = this.#node;
    if (message.type === "readIndex" && raft.role === "leader" && raft.term === message.term)
      this.reads.add(message.request);
    raft.step(message);
    return this.#drain();
  }

  #drain(byTick = false): readonly Letter[] {
    const letters: Letter[] = [];
    for (let ready = this.#node.take(); ready !== undefined; ready = this.#node.take()) {
      letters.push(...ready.messages.map((message) => this.#letter(message, byTick)));
      for (const { request, index } of ready.readStates) this.reads.arrived(request, index);
      while (this.#node.store.waiting > 0)
        letters.push(...this.#node.persist().map((message) => this.#letter(message, byTick)));
    }
    const { role, term } = this.#node.raft;
    const office = role === "leader" ? term : undefined;
    if (office !== this.#office) this.reads.forget();
    this.#office = office;
    return letters;
  }

  #letter(message: Message, byTick: boolean): Letter {
    const { from, to, term } = message;
    const envelope = { from, to, term, open: () => this.#shared.nodes.get(to)!.#step(message) };
    switch (message.type) {
      case "preVote":
      case "vote": {
        const transfer = message.type === "vote" && message.transfer;
        return voteLetter(envelope, message.type, `${message.lastTerm}/${message.lastIndex}`, transfer);
      }
      case "preVoteResponse":
      case "voteResponse":
        return voteResponseLetter(envelope, message.type, message.granted);
      case "append": {
        const prev = { index: message.prevIndex, term: message.prevTerm };
        return appendLetter(envelope, prev, message.entries.map(textOf));
      }
      case "appendResponse": {
        const { rejected, index, hintTerm, hintIndex } = message;
        // The answer to a leader of an earlier term: the oracle's says "accepted", of nothing.
        if (!rejected || index === 0) return acceptLetter(envelope, index);
        return rejectLetter(envelope, index, `${hintTerm}/${hintIndex}`);
      }
      case "heartbeat":
        return heartbeatLetter(envelope, message.type, this.reads.sent(term, message.round, byTick));
      case "heartbeatResponse": {
        const { reads } = this.#shared.nodes.get(to)!;
        return heartbeatLetter(envelope, message.type, reads.called(term, message.round));
      }
      case "timeoutNow":
        return timeoutNowLetter(envelope);
      case "snapshot": {
        const { index, term: at, membership } = message.snapshot;
        return snapshotLetter(envelope, index, at, membership);
      }
      case "readIndex":
        return readLetter(envelope, this.reads.nameOf(message.request));
      case "readIndexResponse":
        this.reads.answered(message.request);
        return readResponseLetter(envelope, this.reads.nameOf(message.request), message.index);
    }
  }
}

function textOf({ term, index, kind, data }: Entry): string {
  if (kind === "config") return entryText(term, index, membersText(decodeMembership(data)));
  return entryText(term, index, new TextDecoder().decode(data));
}
