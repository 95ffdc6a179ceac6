/**
 * The commands of the dialogues, over real cores:
 *
 * - `start n1 n2 n3 [learners=n4] [witnesses=n3] [election=N inflight=N message=N uncommitted=N rank=n3]
 *   [prevote=off quorum=off lease=on]`, `join n4`: a new cluster, a node that knows nobody;
 * - `tick n1 [N]`, `campaign n1`, `propose n1 text`, `read n1`, `transfer n1 n2`, `leave n1`,
 *   `change n1 voter:n4 learner:n5 removed:n1 [joint|explicit]`;
 * - `ready n1`: what it hands out; `stabilize [n1 n2]`: that, its disk and deliveries among them until nothing is
 *   left; `settle`: the same for all, not shown;
 * - `deliver n1->n2 [type]`, `deliver-last n1->n2` (one, out of turn), `double
 *   n1->n2 [type]` (they stay under way too), `lose n1->n2 [type]`: messages under way; `*` stands for any node;
 * - `slow n1`, `persist n1`: its disk waits to be told; `crash n1 [N]`: back from the disk, with N batches more;
 * - `compact n1 [keep]`, `unreachable n1 n2`, `snapshot-failed n1 n2`;
 * - `status n1 ...`, `log n1 ...`, `progress n1`, `state n1 ...`: looks.
 */
import {
  formatEntries,
  formatHardState,
  formatLogId,
  formatMembership,
  formatMessage,
} from "../../../../src/mailnode/raft/core/format.ts";
import type { MemberChange } from "../../../../src/mailnode/raft/core/membership-change.ts";
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import type { Message } from "../../../../src/mailnode/raft/core/messages.ts";
import type { RaftOptions } from "../../../../src/mailnode/raft/core/options.ts";
import type { Batch, Ready } from "../../../../src/mailnode/raft/core/ready.ts";
import type { NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import { TestNode } from "../harness/test-node.ts";

const ROUNDS_MAX = 100;

export class Stage {
  readonly #nodes = new Map<NodeId, TestNode>();
  readonly #snapshots = new Map<string, readonly string[]>([["0/0", []]]);
  readonly #slow = new Set<NodeId>();
  #network: Message[] = [];
  #options: Partial<RaftOptions> = {};
  #output: string[] = [];

  /** Runs one command; what it showed. */
  run(line: string): readonly string[] {
    this.#output = [];
    const [command = "", ...words] = line.trim().split(/\s+/);
    const [first = "", second = ""] = words;
    switch (command) {
      case "start":
        this.#start(words);
        break;
      case "join":
        this.#nodes.set(first, new TestNode(first, undefined, this.#options, this.#snapshots));
        break;
      case "tick":
        for (let count = Number(second || 1); count > 0; count--) this.#node(first).raft.tick();
        break;
      case "campaign":
        this.#node(first).raft.campaign();
        break;
      case "propose":
        this.#answer(this.#node(first).raft.propose(new TextEncoder().encode(words.slice(1).join(" "))));
        break;
      case "read":
        this.#answer(this.#node(first).raft.readIndex());
        break;
      case "transfer": {
        const refused = this.#node(first).raft.transferLeadership(second);
        if (refused !== undefined) this.#output.push(`refused: ${refused}`);
        break;
      }
      case "change":
        this.#change(first, words.slice(1));
        break;
      case "leave":
        this.#answer(this.#node(first).raft.leaveJoint());
        break;
      case "ready":
        this.#ready(this.#node(first));
        break;
      case "stabilize":
        this.#stabilize(words.length === 0 ? [...this.#nodes.keys()] : words);
        break;
      case "settle":
        this.#stabilize([...this.#nodes.keys()]);
        this.#output = [];
        break;
      case "deliver":
        for (const message of this.#takeMessages(first, second)) this.#node(message.to).raft.step(message);
        break;
      case "double": {
        const messages = this.#takeMessages(first, second);
        for (const message of messages) this.#node(message.to).raft.step(message);
        this.#network.push(...messages);
        break;
      }
      case "deliver-last": {
        const messages = this.#takeMessages(first, second);
        this.#node(messages.at(-1)!.to).raft.step(messages.at(-1)!);
        this.#network.unshift(...messages.slice(0, -1));
        break;
      }
      case "lose":
        this.#output.push(
          ...this.#takeMessages(first, second).map((message) => `lost ${formatMessage(message)}`),
        );
        break;
      case "slow":
        this.#slow.add(first);
        break;
      case "persist":
        this.#persist(this.#node(first));
        break;
      case "crash":
        this.#node(first).restart(Number(second || 0));
        break;
      case "compact":
        this.#node(first).compact(Number(second || 0));
        break;
      case "unreachable":
        this.#node(first).raft.unreachable(second);
        break;
      case "snapshot-failed":
        this.#node(first).raft.snapshotFailed(second);
        break;
      case "status":
        for (const id of words) this.#output.push(statusLine(this.#node(id)));
        break;
      case "log":
        for (const id of words) this.#output.push(logLine(this.#node(id)));
        break;
      case "progress":
        this.#progress(first);
        break;
      case "state":
        for (const id of words) this.#output.push(`${id}: ${this.#node(id).state.join(" ") || "nothing"}`);
        break;
      default:
        throw new Error(`"${command}" is no command of the stage`);
    }
    return this.#output;
  }

  #node(id: NodeId): TestNode {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`"${id}" is not on the stage`);
    return node;
  }

  #start(words: readonly string[]): void {
    this.#nodes.clear();
    this.#network = [];
    this.#slow.clear();
    const voters = words.filter((word) => !word.includes("="));
    const given = new Map(
      words.filter((word) => word.includes("=")).map((word) => word.split("=") as [string, string]),
    );
    const list = (name: string): string[] => given.get(name)?.split(",") ?? [];
    const number = (name: string, otherwise: number): number => Number(given.get(name) ?? otherwise);
    this.#options = {
      electionTicks: number("election", 3),
      maxInflightMessages: number("inflight", 16),
      maxMessageBytes: number("message", 1000),
      maxUncommittedBytes: number("uncommitted", 100_000),
      preVote: given.get("prevote") !== "off",
      checkQuorum: given.get("quorum") !== "off",
      leaseReads: given.get("lease") === "on",
    };
    const witnesses = list("witnesses");
    const membership = { ...NOBODY, voters, witnesses, learners: list("learners") };
    for (const id of [...voters, ...membership.learners]) {
      const own = {
        ...this.#options,
        witness: witnesses.includes(id),
        electionRank: list("rank").includes(id) ? 1 : 0,
      };
      this.#nodes.set(id, new TestNode(id, membership, own, this.#snapshots));
    }
  }

  #change(id: NodeId, words: readonly string[]): void {
    const changes = words
      .filter((word) => word.includes(":"))
      .map((word) => {
        const [become, member] = word.split(":");
        return { become, id: member } as MemberChange;
      });
    const transition = words.find((word) => !word.includes(":")) as "joint" | "explicit" | undefined;
    this.#answer(this.#node(id).raft.proposeMembership(changes, transition));
  }

  #answer(result: object): void {
    if ("refused" in result) this.#output.push(`refused: ${String(result.refused)}`);
    if ("request" in result) this.#output.push(`request ${String(result.request)}`);
  }

  /** Shows one Ready; true when there was one. */
  #ready(node: TestNode): boolean {
    const ready = node.take();
    if (ready === undefined) return false;
    this.#output.push(...readyLines(node.id, ready));
    this.#network.push(...ready.messages);
    if (!this.#slow.has(node.id)) while (node.store.waiting > 0) this.#persist(node);
    return true;
  }

  #persist(node: TestNode): void {
    const messages = node.persist();
    this.#output.push(...messages.map(formatMessage));
    this.#network.push(...messages);
  }

  #stabilize(ids: readonly NodeId[]): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      let busy = false;
      for (const id of ids) while (this.#ready(this.#node(id))) busy = true;
      const among = this.#network.filter(({ from, to }) => ids.includes(from) && ids.includes(to));
      this.#network = this.#network.filter((message) => !among.includes(message));
      for (const message of among) this.#node(message.to).raft.step(message);
      if (!busy && among.length === 0) return;
    }
    throw new Error(`the cores still talk after ${ROUNDS_MAX} rounds`);
  }

  #takeMessages(route: string, type: string): readonly Message[] {
    const [from = "*", to = "*"] = route.split("->");
    const is = (pattern: string, value: string): boolean =>
      pattern === "*" || pattern === "" || pattern === value;
    const taken = this.#network.filter(
      (message) => is(from, message.from) && is(to, message.to) && is(type, message.type),
    );
    if (taken.length === 0) throw new Error(`nothing is under way on ${route} ${type}`);
    this.#network = this.#network.filter((message) => !taken.includes(message));
    return taken;
  }

  #progress(id: NodeId): void {
    for (const { id: member, state, match, next, inflight, pendingSnapshot } of this.#node(id).raft.status()
      .members) {
      this.#output.push(
        `${member}: ${state} match=${match} next=${next}` +
          (inflight > 0 ? ` inflight=${inflight}` : "") +
          (pendingSnapshot > 0 ? ` snapshot=${pendingSnapshot}` : ""),
      );
    }
  }
}

function readyLines(id: NodeId, ready: Ready): readonly string[] {
  const { softState, batch, messages, committed, readStates } = ready;
  const lines: string[] = [];
  if (softState !== undefined) {
    const { role, term, leader, transferee } = softState;
    const led = leader === undefined || leader === id ? "" : `, led by ${leader}`;
    const giving = transferee === undefined ? "" : `, giving leadership to ${transferee}`;
    lines.push(`${id} is ${role} in term ${term}${led}${giving}`);
  }
  const contents = batch === undefined ? "" : batchText(batch);
  if (contents !== "") lines.push(`${id} persists${contents}`);
  lines.push(...messages.map(formatMessage));
  if (committed.length > 0) lines.push(`${id} applies ${formatEntries(committed)}`);
  for (const { request, index } of readStates) lines.push(`${id} may answer request ${request} at ${index}`);
  return lines;
}

function batchText({ hardState, snapshot, entries }: Batch): string {
  return (
    (hardState === undefined ? "" : ` ${formatHardState(hardState)}`) +
    (snapshot === undefined ? "" : ` Snapshot:${formatLogId(snapshot)}`) +
    (entries.length === 0 ? "" : ` Entries:[${formatEntries(entries)}]`)
  );
}

function statusLine(node: TestNode): string {
  const { id, role, term, vote, leader, commit, applied, last, durable, membership } = node.raft.status();
  return (
    `${id} ${role} Term:${term} Vote:${vote ?? "-"} Leader:${leader ?? "-"} Commit:${commit} Applied:${applied} ` +
    `Last:${formatLogId(last)}${durable === last.index ? "" : ` Durable:${durable}`} ${formatMembership(membership)}`
  );
}

function logLine(node: TestNode): string {
  const { first, last } = node.raft.status();
  const entries = last.index < first ? [] : node.raft.entries(first, Infinity);
  return `${node.id} from ${first}: ${entries.length === 0 ? "nothing" : formatEntries(entries)}`;
}
