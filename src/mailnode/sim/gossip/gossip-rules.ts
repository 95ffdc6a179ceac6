/** What gossip may never do, whatever happens to packets, disks and programs. */
import type { Member, MemberId, MemberState } from "../../membership/core/types.ts";
import type { Gossip } from "../../membership/shell/gossip.ts";
import type { Process } from "../process.ts";
import { Violation } from "../violation.ts";

type Known = Pick<Member, "state" | "incarnation">;

export interface GossipRulesOptions {
  /** Runs a check; what that throws ends the run. */
  readonly guard: (check: () => void) => void;
  /** Counts that something happened. */
  readonly count: (what: string) => void;
}

export class GossipRules {
  readonly #options: GossipRulesOptions;
  /** The highest incarnation under which anybody ever saw a member. */
  readonly #used = new Map<MemberId, number>();

  constructor(options: GossipRulesOptions) {
    this.#options = options;
  }

  /** To be called before it hears of anybody. */
  started({ machine }: Pick<Process, "machine">, gossip: Pick<Gossip, "members" | "listen">): void {
    const { guard, count } = this.#options;
    guard(() => this.#beginsAnew(gossip.members().find(({ id }) => id === machine.id)!));
    const known = new Map<MemberId, Known>();
    gossip.listen((event) => {
      if (!("member" in event)) return;
      const { member } = event;
      count(`seen ${event.kind}`);
      this.#used.set(member.id, Math.max(member.incarnation, this.#used.get(member.id) ?? 0));
      guard(() => onlyGrows(machine.name, known.get(member.id), member));
      known.set(member.id, member);
    });
  }

  /** What is still said of an earlier life must not be taken to be about this one. */
  #beginsAnew({ id, incarnation }: Member): void {
    const used = this.#used.get(id) ?? 0;
    if (incarnation <= used)
      throw new Violation(
        "an incarnation is used in one life",
        `${id} starts with ${incarnation}, and was seen with ${used} before`,
      );
  }
}

/** Said here once more: by the product's own order a fault in it would be none. */
const GRAVER: readonly MemberState[] = ["alive", "suspect", "dead", "left"];

/** Or views would not become equal, whatever the order in which they hear of things (SWIM, 4.2). */
function onlyGrows(by: string, before: Known | undefined, { id, state, incarnation }: Member): void {
  if (before === undefined || incarnation > before.incarnation) return;
  if (incarnation === before.incarnation && GRAVER.indexOf(state) >= GRAVER.indexOf(before.state)) return;
  throw new Violation(
    "knowledge only grows",
    `${by} held ${id} for ${before.state} in incarnation ${before.incarnation}, and now for ${state} in ${incarnation}`,
  );
}
