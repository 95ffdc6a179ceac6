/** All rules, told of everything; a rule looks at what is new, so that a check costs little. */
import type { Message } from "../raft/core/messages.ts";
import type { RaftStatus } from "../raft/core/status.ts";
import type { NodeId } from "../raft/core/types.ts";
import type { LogAppend } from "../raft/log/raft-log.ts";
import type { StateEntry } from "../state/machine.ts";
import { Committed } from "./committed.ts";
import { CommittedStays } from "./invariants/committed-stays.ts";
import { DurableBeforeSaid } from "./invariants/durable-before-said.ts";
import { ElectionSafety } from "./invariants/election-safety.ts";
import { LeaderCompleteness } from "./invariants/leader-completeness.ts";
import { LogMatching } from "./invariants/log-matching.ts";
import { MembershipFollowsLog } from "./invariants/membership-follows-log.ts";
import { Monotone } from "./invariants/monotone.ts";
import { OneMembershipAtATime } from "./invariants/one-membership-at-a-time.ts";
import { Order } from "./invariants/order.ts";
import { PreVoteChangesNothing } from "./invariants/pre-vote-changes-nothing.ts";
import { QuorumHoldsCommitted } from "./invariants/quorum-holds-committed.ts";
import { StateMachineSafety } from "./invariants/state-machine-safety.ts";
import type { Process } from "./process.ts";
import type { Promised } from "./promised.ts";
import type { Rule, Step } from "./rule.ts";

export class Rules {
  readonly committed = new Committed();
  /** By data directory; also of those that are gone, as what they said may still be on its way. */
  readonly #promised = new Map<NodeId, Promised>();
  readonly #seen = new Map<Process, RaftStatus>();
  /** Those that want to hear of each kind of thing. */
  readonly #of: { readonly [Kind in keyof Rule]-?: readonly Required<Pick<Rule, Kind>>[] };

  constructor() {
    const promisedOf = (id: NodeId): Promised | undefined => this.#promised.get(id);
    const rules: readonly Rule[] = [
      new ElectionSafety(),
      new LogMatching(),
      new Monotone(),
      new Order(),
      new LeaderCompleteness(this.committed),
      new QuorumHoldsCommitted(promisedOf),
      new CommittedStays(this.committed),
      new StateMachineSafety(),
      new OneMembershipAtATime(this.committed),
      new MembershipFollowsLog(),
      new PreVoteChangesNothing(),
      new DurableBeforeSaid(),
    ];
    const having = <Kind extends keyof Rule>(kind: Kind) =>
      rules.filter((rule): rule is Rule & Required<Pick<Rule, Kind>> => rule[kind] !== undefined);
    this.#of = {
      appended: having("appended"),
      applied: having("applied"),
      restored: having("restored"),
      snapshot: having("snapshot"),
      sent: having("sent"),
      taken: having("taken"),
      observed: having("observed"),
    };
  }

  started(process: Process): void {
    this.#promised.set(process.running!.id, process.machine.promised!);
  }

  appended(process: Process, what: LogAppend, before: number): void {
    for (const rule of this.#of.appended) rule.appended(process, what, before);
  }

  applied(process: Process, entry: StateEntry): void {
    for (const rule of this.#of.applied) rule.applied(process, entry);
  }

  restored(process: Process): void {
    for (const rule of this.#of.restored) rule.restored(process);
  }

  snapshot(process: Process, bytes: Uint8Array): void {
    for (const rule of this.#of.snapshot) rule.snapshot(process, bytes);
  }

  sent(process: Process, message: Message): void {
    for (const rule of this.#of.sent) rule.sent(process, message);
  }

  taken(process: Process, message: Message): void {
    const before = this.#seen.get(process);
    for (const rule of this.#of.taken) rule.taken(process, message, before);
  }

  /** To be called after every event of a process. Gives back what its core is like. */
  observe(process: Process): RaftStatus | undefined {
    const after = process.status;
    if (after === undefined) return undefined;
    const step: Step = { process, before: this.#seen.get(process), after };
    for (const rule of this.#of.observed) rule.observed(step);
    this.#seen.set(process, after);
    return after;
  }
}
