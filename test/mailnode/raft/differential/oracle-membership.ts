/**
 * Makes the oracle take a membership when it is in its log, as the core does (dissertation 4.1), and not when it has
 * applied it. What a membership means is the oracle's own affair: who is asked and counted, what a change makes of
 * it, how joint ones are entered and left. This knows only where in the log each one begins, and falls back to the
 * one before when a new leader overwrites it.
 */
import { Changer, MakeProgressTracker, NewInflights, pb, Progress, Restore } from "./oracle-package.ts";
import type {
  OracleChange,
  OracleEntry,
  OracleMembers,
  OracleNodeCore,
  OracleRaft,
  OracleSnapshot,
} from "./oracle-package.ts";

interface Begin {
  readonly index: number;
  readonly members: OracleMembers;
}

export class OracleMembership {
  readonly #raft: OracleRaft;
  #history: Begin[];
  /** Called for every membership that the log takes in. */
  readonly #onTake: (entry: OracleEntry, members: OracleMembers) => void;

  /** `entries` are those on the disk behind `snapshot`. */
  constructor(
    node: OracleNodeCore,
    snapshot: OracleSnapshot,
    entries: readonly OracleEntry[],
    onTake: (entry: OracleEntry, members: OracleMembers) => void,
  ) {
    this.#raft = node.raft;
    this.#onTake = onTake;
    this.#history = [beginOf(snapshot)];
    this.#take(entries);
    this.#watchLog();
    node.raft.promotable = () => !node.raft.raftLog.hasPendingSnapshot() && this.#mayLead();
  }

  get members(): OracleMembers {
    return this.#history.at(-1)!.members;
  }

  at(index: number): OracleMembers {
    return this.#history.findLast((begin) => begin.index <= index)!.members;
  }

  /** Whether the oracle would take this change; it would panic when it applies one that cannot be. */
  refuses(change: OracleChange): boolean {
    const { prs, raftLog, pendingConfIndex } = this.#raft;
    if (pendingConfIndex > raftLog.applied) return true;
    const changer = new Changer(prs, raftLog.lastIndex());
    const [autoLeave, jointly] = change.enterJoint();
    if (change.leaveJoint()) return changer.leaveJoint()[2] !== null;
    const next = jointly
      ? changer.enterJoint(autoLeave, ...change.changes)
      : changer.simple(...change.changes);
    return next[2] !== null;
  }

  /** Whether the latest membership is committed, single, and one in which this node has no vote. */
  isOut(): boolean {
    const { raftLog, id } = this.#raft;
    const { index, members } = this.#history.at(-1)!;
    return index <= raftLog.committed && members.votersOutgoing.length === 0 && !members.voters.includes(id);
  }

  /** After a snapshot whose membership named this node only so that it is taken. */
  restored(snapshot: OracleSnapshot): void {
    this.#history = [beginOf(snapshot)];
    this.#follow();
  }

  /** A node stands while any membership that may be in force gives it a vote (4.2.2). */
  #mayLead(): boolean {
    const { raftLog, id } = this.#raft;
    const from = this.#history.findLastIndex(({ index }) => index <= raftLog.committed);
    return this.#history
      .slice(from)
      .some(({ members }) => members.voters.includes(id) || members.votersOutgoing.includes(id));
  }

  #watchLog(): void {
    const { raftLog } = this.#raft;
    const append = raftLog.append.bind(raftLog);
    raftLog.append = (...entries) => {
      if (entries.length > 0) this.#truncateFrom(entries[0]!.index);
      const last = append(...entries);
      this.#take(entries);
      return last;
    };
  }

  #take(entries: readonly OracleEntry[]): void {
    for (const entry of entries) {
      if (!isChange(entry)) continue;
      const raft = this.#raft;
      // A leader holds what it appends, and does not send it to itself.
      raft.prs.progress.get(raft.id)?.MaybeUpdate(entry.index);
      const change = new pb.ConfChangeV2((entry.data ?? {}) as OracleChange);
      const [members, error] = raft.applyConfChange(change);
      if (error !== null) throw error;
      this.#history.push({ index: entry.index, members });
      this.#onTake(entry, members);
      this.#keepOwnProgress();
      // A leader that is no voter any more does not see to it itself.
      if (raft.lead === raft.id) {
        raft.prs.visit((id) => {
          if (id !== raft.id) raft.maybeSendAppend(id, false);
        });
      }
    }
  }

  #truncateFrom(index: number): void {
    const kept = this.#history.filter((begin) => begin.index < index);
    if (kept.length === this.#history.length) return;
    this.#history = kept;
    this.#follow();
  }

  /** As after a restart: a follower knows nothing of the others. */
  #follow(): void {
    const raft = this.#raft;
    raft.prs = MakeProgressTracker(raft.prs.maxInflight);
    const [config, progress, error] = Restore(new Changer(raft.prs, raft.raftLog.lastIndex()), this.members);
    if (error !== null) throw error;
    raft.switchToConfig(config, progress);
    this.#keepOwnProgress();
  }

  /** Who leads its own removal goes on writing its log, though nobody counts it. */
  #keepOwnProgress(): void {
    const { prs, id, raftLog } = this.#raft;
    if (prs.progress.has(id)) return;
    const match = raftLog.lastIndex();
    const inflights = NewInflights(prs.maxInflight);
    prs.progress.set(id, new Progress({ match, next: match + 1, inflights }));
  }
}

export function isChange(entry: OracleEntry): boolean {
  return entry.type !== pb.EntryType.EntryNormal;
}

function beginOf({ metadata }: OracleSnapshot): Begin {
  return { index: metadata.index, members: new pb.ConfState(metadata.confState) };
}
