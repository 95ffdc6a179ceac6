/** The core under test, behind the face that it shares with the oracle. */
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import type { Message } from "../../../../src/mailnode/raft/core/messages.ts";
import type { Entry, NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import { TestNode } from "../harness/test-node.ts";
import type { SnapshotBytes } from "../harness/test-node.ts";
import {
  acceptLetter,
  appendLetter,
  entryText,
  plainLetter,
  rejectLetter,
  snapshotLetter,
} from "./letter.ts";
import { voteLetter, voteResponseLetter } from "./letter.ts";
import type { Letter, MakeCluster, Peer, Picture, Settings } from "./side.ts";

/** Of a draw from 0 to 1 the election time-out grows with it: this one never ends. Who stands, the schedule says. */
const NEVER = 1e6;

export const ownCluster: MakeCluster = (settings) => {
  const nodes = new Map<NodeId, OwnNode>();
  const snapshots: SnapshotBytes = new Map([["0/0", []]]);
  for (const id of settings.voters) nodes.set(id, new OwnNode(id, settings, nodes, snapshots));
  return [...nodes.values()];
};

class OwnNode implements Peer {
  readonly id: NodeId;
  readonly #node: TestNode;
  readonly #others: ReadonlyMap<NodeId, OwnNode>;

  constructor(
    id: NodeId,
    settings: Settings,
    others: ReadonlyMap<NodeId, OwnNode>,
    snapshots: SnapshotBytes,
  ) {
    this.id = id;
    this.#others = others;
    const { voters, electionTicks, preVote, checkQuorum, singly } = settings;
    const options = {
      electionTicks,
      preVote,
      checkQuorum,
      random: () => NEVER,
      maxMessageBytes: singly ? 1 : 1_000_000,
      maxInflightMessages: 10_000,
    };
    this.#node = new TestNode(id, { ...NOBODY, voters }, options, snapshots);
  }

  tick(): readonly Letter[] {
    this.#node.raft.tick();
    return this.#drain();
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
    const { id, role, term, vote, leader, transferee, commit, applied, last, snapshot } =
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
      last: `${last.term}/${last.index}`,
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

  #step(message: Message): readonly Letter[] {
    this.#node.raft.step(message);
    return this.#drain();
  }

  #drain(): readonly Letter[] {
    const messages: Message[] = [];
    for (let ready = this.#node.take(); ready !== undefined; ready = this.#node.take()) {
      messages.push(...ready.messages);
      while (this.#node.store.waiting > 0) messages.push(...this.#node.persist());
    }
    return messages.map((message) => this.#letter(message));
  }

  #letter(message: Message): Letter {
    const { from, to, term } = message;
    const envelope = { from, to, term, open: () => this.#others.get(to)!.#step(message) };
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
      case "heartbeatResponse":
      case "timeoutNow":
        return plainLetter(envelope, message.type);
      case "snapshot":
        return snapshotLetter(envelope, message.snapshot.index, message.snapshot.term);
      case "readIndex":
      case "readIndexResponse":
        throw new Error(`no schedule makes a ${message.type}`);
    }
  }
}

function textOf({ term, index, data }: Entry): string {
  return entryText(term, index, new TextDecoder().decode(data));
}
