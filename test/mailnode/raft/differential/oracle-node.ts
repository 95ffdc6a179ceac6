/** The oracle, behind the face that it shares with the core. */
import type { Transition } from "../../../../src/mailnode/raft/core/membership.ts";
import type { NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import { answerWhoDoesNotCount, askAgain, forgetWaitingReads, grantFirstPeriod } from "./differences.ts";
import { leaveOffice, proveReads, refusesBeforeFirstCommit, takeUnnamed } from "./differences.ts";
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
import { isChange, OracleMembership } from "./oracle-membership.ts";
import { discardLogger, MemoryStorage, pb, Raft, RaftConfig, RawNode, StateType } from "./oracle-package.ts";
import type { OracleEntry, OracleMessage, OracleNodeCore, OracleSnapshot } from "./oracle-package.ts";
import type { Change, Letter, MakeCluster, Peer, Picture, Settings } from "./side.ts";

const { MessageType } = pb;
/** SnapshotStatus, of a module that is not loaded. */
const [FINISHED, FAILED] = [1, 2];

// Who stands, the schedule says.
Raft.prototype.resetRandomizedElectionTimeout = function (): void {
  this.randomizedElectionTimeout = Infinity;
};

const ROLES = {
  [StateType.StateFollower]: "follower",
  [StateType.StatePreCandidate]: "preCandidate",
  [StateType.StateCandidate]: "candidate",
  [StateType.StateLeader]: "leader",
} as Readonly<Record<number, Picture["role"]>>;

const BECOME = {
  voter: pb.ConfChangeType.ConfChangeAddNode,
  learner: pb.ConfChangeType.ConfChangeAddLearnerNode,
  removed: pb.ConfChangeType.ConfChangeRemoveNode,
} as const;

const TRANSITIONS = {
  auto: pb.ConfChangeTransition.ConfChangeTransitionAuto,
  joint: pb.ConfChangeTransition.ConfChangeTransitionJointImplicit,
  explicit: pb.ConfChangeTransition.ConfChangeTransitionJointExplicit,
} as const;

/** The text of every membership that a log took in, by the term and index of its entry. */
type MemberTexts = Map<string, string>;

export const oracleCluster: MakeCluster = (settings) => {
  const nodes = new Map<NodeId, OracleNode>();
  const texts: MemberTexts = new Map();
  for (const id of [...settings.founders, ...settings.joiners])
    nodes.set(id, new OracleNode(id, settings, nodes, texts));
  return [...nodes.values()];
};

class OracleNode implements Peer {
  readonly id: NodeId;
  readonly #settings: Settings;
  readonly #others: ReadonlyMap<NodeId, OracleNode>;
  readonly #texts: MemberTexts;
  readonly #storage = MemoryStorage.NewMemoryStorage();
  readonly #answers: string[] = [];
  #node!: OracleNodeCore;
  #membership!: OracleMembership;
  #state: readonly string[] = [];

  constructor(id: NodeId, settings: Settings, others: ReadonlyMap<NodeId, OracleNode>, texts: MemberTexts) {
    this.id = id;
    this.#settings = settings;
    this.#others = others;
    this.#texts = texts;
    // A joiner, too: an entry of the oracle's holds a change, and means something only to who knows what it changes.
    this.#storage.snapshot.metadata.confState = new pb.ConfState({ voters: [...settings.founders] });
    this.#start();
  }

  tick(): readonly Letter[] {
    return this.#do((node) => {
      node.tick();
      askAgain(node.raft);
    });
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

  read(name: string): readonly Letter[] {
    return this.#do((node) => node.readIndex(name));
  }

  change(changes: readonly Change[], transition: Transition): readonly Letter[] {
    return this.#change(
      new pb.ConfChangeV2({
        transition: TRANSITIONS[transition],
        changes: changes.map(({ become, id }) => ({ type: BECOME[become], nodeId: id })),
      }),
    );
  }

  leaveJoint(): readonly Letter[] {
    return this.#change(new pb.ConfChangeV2());
  }

  compact(keep: number): void {
    const { applied } = this.#node.raft.raftLog;
    this.#storage.CreateSnapshot(applied, this.#membership.at(applied), this.#state);
    // An index that was forgotten already is refused, and nothing happens.
    this.#storage.Compact(applied - keep);
  }

  snapshotSent(to: NodeId, arrived: boolean): readonly Letter[] {
    return this.#do((node) => node.reportSnapshot(to, arrived ? FINISHED : FAILED));
  }

  restart(): void {
    this.#state = stateIn(this.#storage.snapshot);
    this.#start();
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
      snapshotMembers: this.#storage.snapshot.metadata.confState,
      last: `${raftLog.lastTerm()}/${raftLog.lastIndex()}`,
      members: this.#membership.members,
      reads: readsText(this.#answers),
    };
  }

  log(): ReadonlyMap<number, string> {
    const entries = this.#node.raft.raftLog.allEntries();
    return new Map(entries.map((entry) => [entry.index, this.#textOf(entry)]));
  }

  state(): readonly string[] {
    return this.#state;
  }

  #start(): void {
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
    this.#node = RawNode.NewRawNode(config);
    const { snapshot, ents } = this.#storage;
    const entries = ents.slice(1).filter(({ index }) => index > snapshot.metadata.index);
    this.#membership = new OracleMembership(this.#node, snapshot, entries, ({ term, index }, members) => {
      this.#texts.set(`${term}/${index}`, membersText(members));
    });
  }

  #change(change: InstanceType<typeof pb.ConfChangeV2>): readonly Letter[] {
    const { raft } = this.#node;
    if (raft.state !== StateType.StateLeader || raft.leadTransferee !== "") return [];
    if (refusesBeforeFirstCommit(raft) || this.#membership.refuses(change)) return [];
    return this.#do((node) => node.proposeConfChange(change));
  }

  #do(act: (node: OracleNodeCore) => unknown): readonly Letter[] {
    const { raft } = this.#node;
    const led = raft.state === StateType.StateLeader;
    answerWhoDoesNotCount(raft);
    act(this.#node);
    if (!led && raft.state === StateType.StateLeader) grantFirstPeriod(raft);
    const letters = this.#drain();
    if (raft.state === StateType.StateLeader && this.#membership.isOut()) {
      leaveOffice(raft);
      letters.push(...this.#drain());
    }
    if (led && raft.state !== StateType.StateLeader) forgetWaitingReads(raft);
    return letters;
  }

  #step(message: OracleMessage): readonly Letter[] {
    const copy = new pb.Message(message);
    return this.#do((node) => {
      if (copy.type !== MessageType.MsgSnap) node.step(copy);
      else takeUnnamed(node, copy, (snapshot) => this.#membership.restored(snapshot));
    });
  }

  #hasReady(): boolean {
    if (this.#node.raft.state === StateType.StateLeader) proveReads(this.#node.raft);
    return this.#node.hasReady();
  }

  #drain(): Letter[] {
    const letters: Letter[] = [];
    while (this.#hasReady()) {
      const ready = this.#node.ready();
      if (!ready.snapshot.isEmptySnap()) {
        this.#storage.ApplySnapshot(ready.snapshot);
        this.#state = stateIn(ready.snapshot);
      }
      this.#storage.Append(ready.entries);
      if (!ready.hardState.isEmptyHardState()) this.#storage.SetHardState(ready.hardState);
      // A copy, as over a network: what is under way does not change with its sender.
      for (const message of ready.messages) letters.push(this.#letter(new pb.Message(message)));
      for (const answer of ready.readStates)
        this.#answers.push(`${String(answer.requestCtx)} at ${answer.index}`);
      const data = ready.committedEntries.filter((entry) => !isChange(entry) && entry.data !== null);
      this.#state = [...this.#state, ...data.map((entry) => String(entry.data))];
      this.#node.advance(ready);
    }
    return letters;
  }

  #letter(message: OracleMessage): Letter {
    const { from, to, type, index, logTerm, reject } = message;
    const context = message.context as string | null;
    // A question for an index has no term.
    const term = type === MessageType.MsgReadIndex ? this.#node.raft.term : message.term;
    const open = (): readonly Letter[] => this.#others.get(to)!.#step(message);
    const envelope = { from, to, term, open };
    switch (type) {
      case MessageType.MsgPreVote:
        return voteLetter(envelope, "preVote", `${logTerm}/${index}`, false);
      case MessageType.MsgVote:
        return voteLetter(envelope, "vote", `${logTerm}/${index}`, context !== null);
      case MessageType.MsgPreVoteResp:
        return voteResponseLetter(envelope, "preVoteResponse", !reject);
      case MessageType.MsgVoteResp:
        return voteResponseLetter(envelope, "voteResponse", !reject);
      case MessageType.MsgApp:
        return appendLetter(
          envelope,
          { index, term: logTerm },
          message.entries.map((entry) => this.#textOf(entry)),
        );
      case MessageType.MsgAppResp:
        if (!reject) return acceptLetter(envelope, index);
        return rejectLetter(envelope, index, `${logTerm}/${message.rejectHint}`);
      case MessageType.MsgSnap: {
        const { metadata } = message.snapshot;
        return snapshotLetter(envelope, metadata.index, metadata.term, metadata.confState);
      }
      case MessageType.MsgHeartbeat:
        return heartbeatLetter(envelope, "heartbeat", context ?? undefined);
      case MessageType.MsgHeartbeatResp:
        return heartbeatLetter(envelope, "heartbeatResponse", context ?? undefined);
      case MessageType.MsgTimeoutNow:
        return timeoutNowLetter(envelope);
      case MessageType.MsgReadIndex:
        return readLetter(envelope, String(message.entries[0]!.data));
      case MessageType.MsgReadIndexResp:
        return readResponseLetter(envelope, String(message.entries[0]!.data), index);
      default:
        throw new Error(`no schedule makes a ${MessageType[type]}`);
    }
  }

  /** An entry without data opens a term; a change that leaves a joint membership has none either. */
  #textOf(entry: OracleEntry): string {
    const { term, index } = entry;
    const data = entry.data as string | null;
    if (isChange(entry)) return entryText(term, index, this.#texts.get(`${term}/${index}`)!);
    return entryText(term, index, data ?? "");
  }
}

function stateIn(snapshot: OracleSnapshot): readonly string[] {
  return (snapshot.data ?? []) as string[];
}
