/** What must hold in every cluster at every moment (dissertation figure 3.2, and what a disk must remember). */
import { formatMessage } from "../../../../src/mailnode/raft/core/format.ts";
import type { Message } from "../../../../src/mailnode/raft/core/messages.ts";
import type { Entry, Index, NodeId, Term } from "../../../../src/mailnode/raft/core/types.ts";
import { JointConfig } from "../../../../src/mailnode/raft/quorum/joint.ts";
import type { TestNode } from "./test-node.ts";

export class Invariants {
  readonly #leaders = new Map<Term, NodeId>();
  /** What was committed at each index, and the lowest term in which a leader said so. */
  readonly #committed: { term: Term; by: Term }[] = [];
  readonly #applied = new Map<Index, string>();
  readonly #commits = new Map<NodeId, Index>();
  readonly #terms = new Map<NodeId, Term>();

  /** The highest index that any leader committed. */
  get highestCommit(): Index {
    return this.#committed.length;
  }

  /** State machine safety: nobody applies another entry at an index. */
  readonly onApply = (node: TestNode, entry: Entry): void => {
    const seen = `${entry.term} ${entry.kind} ${new TextDecoder().decode(entry.data)}`;
    const before = this.#applied.get(entry.index) ?? seen;
    must(before === seen, `${node.id} applied "${seen}" at ${entry.index}, others "${before}"`);
    this.#applied.set(entry.index, seen);
  };

  /** A message leaves a node: what it promises must be on the disk. */
  onSend(node: TestNode, message: Message): void {
    const { hardState, entries, snapshot } = node.store;
    const remembers = hardState.term >= message.term;
    if (message.type === "voteResponse" && message.granted) {
      const voted = hardState.term > message.term || (remembers && hardState.vote === message.to);
      must(voted, `${formatMessage(message)} before the vote was durable`);
    }
    if (message.type === "vote") must(remembers, `${formatMessage(message)} before the term was durable`);
    if (message.type === "appendResponse" && !message.rejected) {
      const held = snapshot.index >= message.index || entries.some(({ index }) => index === message.index);
      must(remembers && held, `${formatMessage(message)} before the entries were durable`);
    }
  }

  /** After every event at a node. */
  check(node: TestNode, all: readonly TestNode[]): void {
    const { raft, id } = node;
    must(
      raft.term >= (this.#terms.get(id) ?? 0) || node.store.hardState.term === raft.term,
      `${id}: term fell`,
    );
    this.#terms.set(id, raft.term);
    const before = this.#commits.get(id) ?? 0;
    if (raft.role === "leader") this.#checkLeader(node);
    if (raft.committed > before) {
      if (raft.role === "leader") this.#checkQuorum(node, all);
      this.#commits.set(id, raft.committed);
    }
  }

  /** A node lost its memory: its commit index may fall to what its disk says. */
  onRestart(node: TestNode): void {
    this.#commits.set(node.id, node.raft.committed);
    this.#terms.set(node.id, node.raft.term);
  }

  /** Log matching: where two logs have an entry of one term and index, they are equal up to there. */
  checkLogs(all: readonly TestNode[]): void {
    const logs = all.map((node) => logOf(node));
    for (const left of logs) {
      for (const right of logs) {
        if (left === right) continue;
        let matched = false;
        const top = Math.min(left.last, right.last);
        for (let index = top; index >= Math.max(left.first, right.first); index--) {
          const one = left.at(index);
          const other = right.at(index);
          if (one.term === other.term) {
            matched = true;
            must(
              one.kind === other.kind && Buffer.compare(one.data, other.data) === 0,
              `${left.id} and ${right.id} hold different entries at ${one.term}/${index}`,
            );
          } else must(!matched, `${left.id} and ${right.id} agree behind ${index} and differ there`);
        }
      }
    }
  }

  /** Election safety and leader completeness. */
  #checkLeader(node: TestNode): void {
    const { raft, id } = node;
    const known = this.#leaders.get(raft.term) ?? id;
    must(known === id, `${known} and ${id} both lead term ${raft.term}`);
    if (this.#leaders.has(raft.term)) return;
    this.#leaders.set(raft.term, id);
    const log = logOf(node);
    for (let index = log.first; index <= this.#committed.length; index++) {
      const { term, by } = this.#committed[index - 1]!;
      if (by >= raft.term) continue;
      must(
        index <= log.last && log.at(index).term === term,
        `leader ${id} of ${raft.term} lacks ${term}/${index}`,
      );
    }
  }

  /** What a leader commits is on the disks of a quorum, of both quorums in a joint configuration. */
  #checkQuorum(node: TestNode, all: readonly TestNode[]): void {
    const { raft } = node;
    const log = logOf(node);
    const index = raft.committed;
    const term = index < log.first ? undefined : log.at(index).term;
    const holds = (id: NodeId): boolean => {
      const store = all.find((other) => other.id === id)?.store;
      if (store === undefined) return false;
      return (
        store.snapshot.index >= index ||
        store.entries.some((held) => held.index === index && held.term === term)
      );
    };
    // The membership may have changed with this very commit; the quorum that decided is the one before.
    const quorum = JointConfig.of(raft.membership);
    must(quorum.voteResult(holds) === "won", `${node.id} committed ${index} without a quorum's disks`);
    for (let place = this.#committed.length + 1; place <= index; place++) {
      this.#committed.push({ term: place < log.first ? 0 : log.at(place).term, by: raft.term });
    }
  }
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function logOf(node: TestNode): {
  id: NodeId;
  first: Index;
  last: Index;
  at: (index: Index) => Entry;
} {
  const { first, last } = node.raft.status();
  const entries = last.index < first ? [] : node.raft.entries(first, Infinity);
  return { id: node.id, first, last: last.index, at: (index) => entries[index - first]! };
}
