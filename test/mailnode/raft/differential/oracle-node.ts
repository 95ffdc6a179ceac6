/**
 * The oracle: a port of etcd's raft, the npm package @coaty/consensus.raft. Only what it ported is loaded; its own
 * network and database, which it would load for the sake of one constant, are not.
 */
import { createRequire, Module } from "node:module";
import type * as raftModule from "@coaty/consensus.raft/ported/raft.js";
import type * as messageModule from "@coaty/consensus.raft/ported/raftpb/raft.pb.js";
import type * as rawNodeModule from "@coaty/consensus.raft/ported/rawnode.js";
import type * as storageModule from "@coaty/consensus.raft/ported/storage.js";
import type * as loggerModule from "@coaty/consensus.raft/ported/logger.js";
import type { NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import {
  acceptLetter,
  appendLetter,
  entryText,
  plainLetter,
  rejectLetter,
  snapshotLetter,
} from "./letter.ts";
import { voteLetter, voteResponseLetter } from "./letter.ts";
import { grantFirstPeriod } from "./differences.ts";
import type { Letter, MakeCluster, Peer, Picture, Settings } from "./side.ts";

const PACKAGE = "@coaty/consensus.raft";
const require = createRequire(import.meta.url);
// In the place of all that was not ported.
const controller = require.resolve(`${PACKAGE}/non-ported/raft-controller`);
require.cache[controller] = Object.assign(new Module(controller), {
  loaded: true,
  exports: { emptyRaftData: null },
});
const { Raft, RaftConfig, StateType } = require(`${PACKAGE}/ported/raft`) as typeof raftModule;
const { RawNode } = require(`${PACKAGE}/ported/rawnode`) as typeof rawNodeModule;
const { MemoryStorage } = require(`${PACKAGE}/ported/storage`) as typeof storageModule;
const { discardLogger } = require(`${PACKAGE}/ported/logger`) as typeof loggerModule;
const pb = require(`${PACKAGE}/ported/raftpb/raft.pb`) as typeof messageModule;
const { MessageType } = pb;
/** SnapshotStatus, of a module that is not loaded. */
const [FINISHED, FAILED] = [1, 2];

// Who stands, the schedule says.
Raft.prototype.resetRandomizedElectionTimeout = function (this: raftModule.Raft): void {
  this.randomizedElectionTimeout = Infinity;
};

const ROLES = {
  [StateType.StateFollower]: "follower",
  [StateType.StatePreCandidate]: "preCandidate",
  [StateType.StateCandidate]: "candidate",
  [StateType.StateLeader]: "leader",
} as Readonly<Record<number, Picture["role"]>>;

export const oracleCluster: MakeCluster = (settings) => {
  const nodes = new Map<NodeId, OracleNode>();
  for (const id of settings.voters) nodes.set(id, new OracleNode(id, settings, nodes));
  return [...nodes.values()];
};

class OracleNode implements Peer {
  readonly id: NodeId;
  readonly #settings: Settings;
  readonly #others: ReadonlyMap<NodeId, OracleNode>;
  readonly #storage = MemoryStorage.NewMemoryStorage();
  #node: rawNodeModule.RawNode;
  #state: readonly string[] = [];

  constructor(id: NodeId, settings: Settings, others: ReadonlyMap<NodeId, OracleNode>) {
    this.id = id;
    this.#settings = settings;
    this.#others = others;
    this.#storage.snapshot.metadata.confState = new pb.ConfState({ voters: [...settings.voters] });
    this.#node = this.#start();
  }

  tick(): readonly Letter[] {
    return this.#do((node) => node.tick());
  }

  campaign(): readonly Letter[] {
    return this.#do((node) => node.campaign());
  }

  propose(data: string): readonly Letter[] {
    return this.#do((node) => node.propose(data));
  }

  transfer(to: NodeId): readonly Letter[] {
    return this.#do((node) => node.transferLeader(to));
  }

  compact(keep: number): void {
    const { applied } = this.#node.raft.raftLog;
    this.#storage.CreateSnapshot(applied, null, this.#state);
    // An index that was forgotten already is refused, and nothing happens.
    this.#storage.Compact(applied - keep);
  }

  snapshotSent(to: NodeId, arrived: boolean): readonly Letter[] {
    return this.#do((node) => node.reportSnapshot(to, arrived ? FINISHED : FAILED));
  }

  restart(): void {
    this.#state = stateIn(this.#storage.snapshot);
    this.#node = this.#start();
    this.#drain();
  }

  picture(): Picture {
    const { id, state, term, vote, lead, leadTransferee, raftLog } = this.#node.raft;
    return {
      id,
      role: ROLES[state]!,
      term,
      vote: vote === "" ? undefined : vote,
      leader: lead === "" ? undefined : lead,
      transferee: leadTransferee === "" ? undefined : leadTransferee,
      commit: raftLog.committed,
      applied: raftLog.applied,
      snapshot: this.#storage.snapshot.metadata.index,
      last: `${raftLog.lastTerm()}/${raftLog.lastIndex()}`,
    };
  }

  log(): ReadonlyMap<number, string> {
    const entries = this.#node.raft.raftLog.allEntries();
    return new Map(entries.map((entry) => [entry.index, textOf(entry)]));
  }

  state(): readonly string[] {
    return this.#state;
  }

  #start(): rawNodeModule.RawNode {
    const { electionTicks, preVote, checkQuorum, singly } = this.#settings;
    const config = new RaftConfig({
      id: this.id,
      electionTick: electionTicks,
      heartbeatTick: 1,
      storage: this.#storage,
      applied: this.#storage.snapshot.metadata.index,
      maxSizePerMsg: singly ? 1 : 1_000_000,
      maxCommittedSizePerReady: 1_000_000,
      maxInflightMsgs: 10_000,
      preVote,
      checkQuorum,
      logger: discardLogger,
    });
    return RawNode.NewRawNode(config);
  }

  #do(act: (node: rawNodeModule.RawNode) => unknown): readonly Letter[] {
    const led = this.#node.raft.state === StateType.StateLeader;
    act(this.#node);
    if (!led && this.#node.raft.state === StateType.StateLeader) grantFirstPeriod(this.#node.raft);
    return this.#drain();
  }

  #drain(): readonly Letter[] {
    const letters: Letter[] = [];
    while (this.#node.hasReady()) {
      const ready = this.#node.ready();
      if (!ready.snapshot.isEmptySnap()) {
        this.#storage.ApplySnapshot(ready.snapshot);
        this.#state = stateIn(ready.snapshot);
      }
      this.#storage.Append(ready.entries);
      if (!ready.hardState.isEmptyHardState()) this.#storage.SetHardState(ready.hardState);
      // A copy, as over a network: what is under way does not change with its sender.
      for (const message of ready.messages) letters.push(this.#letter(new pb.Message(message)));
      const data = ready.committedEntries.map((entry) => entry.data as string | null);
      this.#state = [...this.#state, ...data.filter((text) => text !== null)];
      this.#node.advance(ready);
    }
    return letters;
  }

  #letter(message: messageModule.Message): Letter {
    const { from, to, term, type, index, logTerm, reject } = message;
    const open = (): readonly Letter[] =>
      this.#others.get(to)!.#do((node) => node.step(new pb.Message(message)));
    const envelope = { from, to, term, open };
    switch (type) {
      case MessageType.MsgPreVote:
        return voteLetter(envelope, "preVote", `${logTerm}/${index}`, false);
      case MessageType.MsgVote:
        return voteLetter(envelope, "vote", `${logTerm}/${index}`, message.context !== null);
      case MessageType.MsgPreVoteResp:
        return voteResponseLetter(envelope, "preVoteResponse", !reject);
      case MessageType.MsgVoteResp:
        return voteResponseLetter(envelope, "voteResponse", !reject);
      case MessageType.MsgApp:
        return appendLetter(envelope, { index, term: logTerm }, message.entries.map(textOf));
      case MessageType.MsgAppResp:
        if (!reject) return acceptLetter(envelope, index);
        return rejectLetter(envelope, index, `${logTerm}/${message.rejectHint}`);
      case MessageType.MsgSnap: {
        const { metadata } = message.snapshot;
        return snapshotLetter(envelope, metadata.index, metadata.term);
      }
      case MessageType.MsgHeartbeat:
        return plainLetter(envelope, "heartbeat");
      case MessageType.MsgHeartbeatResp:
        return plainLetter(envelope, "heartbeatResponse");
      case MessageType.MsgTimeoutNow:
        return plainLetter(envelope, "timeoutNow");
      default:
        throw new Error(`no schedule makes a ${MessageType[type]}`);
    }
  }
}

function stateIn(snapshot: messageModule.Snapshot): readonly string[] {
  return (snapshot.data ?? []) as string[];
}

function textOf({ term, index, data }: messageModule.Entry): string {
  return entryText(term, index, data === null ? "" : String(data));
}
