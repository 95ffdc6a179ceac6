import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import { NotRecorded } from "../cluster/audit.ts";
import { NotProposed, OutcomeUnknown } from "../cluster/consensus.ts";
import type { By } from "../cluster/running-cluster.ts";
import type { Member } from "../membership/core/types.ts";
import type { MemberChange } from "../raft/core/membership-change.ts";
import type { Membership } from "../raft/core/types.ts";
import { ChangeRefusedError } from "../raft/shell/outcome.ts";
import { absentVoters } from "./absent-voters.ts";
import { isWitness } from "./announcement.ts";
import type { MemberDirectory } from "./member-directory.ts";
import type { Operations } from "./operations.ts";

export interface MemberChangeParts {
  /** This node, by its machine and as a member of the log. */
  readonly self: { readonly name: string; readonly id: string };
  readonly directory: MemberDirectory;
  readonly change: (changes: readonly MemberChange[], signal?: AbortSignal) => Promise<void>;
  /** Who votes, as far as this node's log goes; undefined until that has been started. */
  readonly membership: () => Membership | undefined;
  /** Whether this node hears of a member, this one included, and reaches its log. */
  readonly isHere: (id: string) => boolean;
  /** Whether a learner has said, through the log itself, that it has all of it. */
  readonly hasCaughtUp: (name: string, id: string) => boolean;
  readonly operations: Operations;
  /** Takes a machine's report out of the shared state, if there is one. */
  readonly forget: (name: string, actor: string | undefined) => Promise<void>;
  readonly env: Env;
  /** How long a learner may take to catch up. */
  readonly catchUpMs: number;
}

const LOOK_MS = 100;
/** For a link that is dialled again, and for somebody who is suspected for a moment. */
const COME_BACK_MS = 3_000;

/** Takes members in and out, at somebody's word and never by itself: gossip only tells which node is meant. */
export class MemberChanges {
  readonly #parts: MemberChangeParts;

  constructor(parts: MemberChangeParts) {
    this.#parts = parts;
  }

  async add(name: string, { actor, signal }: By = {}): Promise<void> {
    const { directory } = this.#parts;
    await this.#run("member.add", name, actor, async () => {
      this.#refuseSuccessor(name);
      const [present] = directory.membersOn(name);
      const standing = present === undefined ? undefined : directory.standingOf(present);
      if (standing === "voter" || standing === "witness") return undefined;
      this.#refuseUnnamed(name);
      if (present !== undefined) await this.#promote(name, present, signal);
      else await this.#takeIn(name, this.#stranger(name), [], signal);
      return name;
    });
  }

  async remove(name: string, { actor, signal }: By = {}): Promise<void> {
    const { directory, forget } = this.#parts;
    const ids = directory.membersOn(name);
    const machine = directory.nameOf(ids[0] ?? name);
    await this.#run("member.remove", name, actor, async () => {
      this.#refuseSelf(name, ids);
      if (!ids.includes(name)) this.#refuseUnnamed(name);
      if (ids.length === 0) return undefined;
      await this.#change(
        ids.map((id) => ({ become: "removed", id })),
        signal,
      );
      return name;
    });
    // What a try before has left goes too, and what another member on that machine says stays.
    if (!directory.membersOn(machine).every((id) => ids.includes(id))) return;
    await forget(machine, actor).catch((cause: unknown) => {
      throw new NotRecorded(`${name} is no member any more, and what it reported may still stand there`, {
        cause,
      });
    });
  }

  async replace(name: string, { actor, signal }: By = {}): Promise<void> {
    const { directory } = this.#parts;
    await this.#run("member.replace", name, actor, async () => {
      const strangers = directory.strangersOn(name);
      const former = directory.membersOn(name);
      // An earlier try may have got as far as a learner.
      const learner = former.find(
        (id) => directory.standingOf(id) === "learner" && directory.seems(id) === "alive",
      );
      const gone = former.filter((id) => id !== learner);
      const alive = gone.find((id) => directory.seems(id) === "alive");
      if (alive !== undefined)
        throw new UserError(
          "CLUSTER_MEMBER_ALIVE",
          `${name} is a member that seems alive, as ${alive}`,
          "replace it once it is gone, or remove it and add the other one",
        );
      this.#refuseUnnamed(name);
      const out: MemberChange[] = gone.map((id) => ({ become: "removed", id }));
      if (learner === undefined || strangers.length > 0)
        await this.#takeIn(name, this.#stranger(name), out, signal);
      else if (out.length > 0) await this.#teach(name, learner, out, signal);
      else await this.#promote(name, learner, signal);
      return name;
    });
  }

  async #run(
    action: string,
    target: string,
    actor: string | undefined,
    task: () => Promise<string | undefined>,
  ): Promise<void> {
    const { operations, self } = this.#parts;
    await operations.run({ action, target, actor: actor ?? self.name }, task);
  }

  /** The log hears no more of who is out of it, so that he could neither say that it is done nor write it down. */
  #refuseSelf(name: string, ids: readonly string[]): void {
    if (!ids.includes(this.#parts.self.id)) return;
    throw new UserError(
      "CLUSTER_MEMBER_SELF",
      `${name} is the node that was asked, and none takes itself out`,
      "ask another member to remove it",
    );
  }

  /** To say that the machine is a member is no answer to who wants the one that is there to be it. */
  #refuseSuccessor(name: string): void {
    const { directory } = this.#parts;
    const members = directory.membersOn(name);
    const former = members.find((id) => directory.seems(id) !== "alive");
    const successor =
      members.find((id) => directory.seems(id) === "alive") ?? directory.strangersOn(name)[0]?.id;
    if (former === undefined || successor === undefined) return;
    throw new UserError(
      "CLUSTER_MEMBER_AWAY",
      `${name} is a member as ${former}, which is away, and ${successor} says that it is ${name} now`,
      `replace it, if it lost its disk (mbnode ctl member replace ${name}), or stop the wrong one`,
    );
  }

  /** Whose machine nobody knows may be what this one was: it would go on voting, and every change would say it is done. */
  #refuseUnnamed(name: string): void {
    const unnamed = this.#parts.directory.unnamed();
    if (unnamed.length === 0) return;
    throw new UserError(
      "CLUSTER_MEMBER_UNNAMED",
      `nobody knows which machine ${unnamed.join(", ")} was, which is away and still counts: perhaps ${name}`,
      `start it if it is still there; if it is gone for good, take it out by its id (mbnode ctl member remove ${unnamed[0]})`,
    );
  }

  #stranger(name: string): Member {
    const [found, other] = this.#parts.directory.strangersOn(name);
    if (found === undefined)
      throw new UserError(
        "CLUSTER_MEMBER_UNKNOWN",
        `no node that is outside the cluster says that it is ${name}`,
        "start mbnode on it with this cluster's name, keys and seeds, and see that its gossip port is reached",
      );
    if (other !== undefined)
      throw new UserError(
        "CLUSTER_MEMBER_AMBIGUOUS",
        `two nodes say that they are ${name}: ${found.id} and ${other.id}`,
        "stop the wrong one, or name the right one by its id",
      );
    return found;
  }

  async #takeIn(
    name: string,
    node: Member,
    out: readonly MemberChange[],
    signal?: AbortSignal,
  ): Promise<void> {
    const { id } = node;
    // A witness has nothing to catch up with.
    if (isWitness(node)) await this.#change([{ become: "witness", id }, ...out], signal);
    else await this.#teach(name, id, out, signal);
  }

  /** Makes a learner of a node, and a voter once it has the log. */
  async #teach(name: string, id: string, out: readonly MemberChange[], signal?: AbortSignal): Promise<void> {
    // The dead go first: what the new one reports takes the place of the report that still tells who they were.
    await this.#change([{ become: "learner", id }, ...out], signal);
    await this.#promote(name, id, signal).catch((error: unknown) => {
      // That nothing was done is true of the second step alone.
      if (!(error instanceof NotProposed)) throw error;
      throw new OutcomeUnknown(`${name} is a learner, and whether it votes is open`, { cause: error });
    });
  }

  async #promote(name: string, id: string, signal?: AbortSignal): Promise<void> {
    const { hasCaughtUp, catchUpMs, directory } = this.#parts;
    const machine = directory.nameOf(id);
    if (!(await this.#comesTo(() => hasCaughtUp(machine, id), catchUpMs, signal)))
      throw new UserError(
        "CLUSTER_MEMBER_BEHIND",
        `${name} did not come to have the whole log within ${catchUpMs} ms`,
        "see that it runs and is reached by the others, and add it again: it stays a learner until then",
      );
    await this.#change([{ become: "voter", id }], signal);
  }

  /** Looks until something holds, for this time at most. */
  async #comesTo(holds: () => boolean, ms: number, signal?: AbortSignal): Promise<boolean> {
    const { env } = this.#parts;
    const end = env.monotonic() + ms;
    while (!holds()) {
      if (signal?.aborted || env.monotonic() >= end) return false;
      await env.sleep(LOOK_MS, signal).catch(() => undefined);
    }
    return true;
  }

  /** A change is in force as soon as the leader appends it: one that leaves no quorum could not be taken back. */
  async #refuseLossOfQuorum(changes: readonly MemberChange[], signal?: AbortSignal): Promise<void> {
    const { membership, isHere, directory } = this.#parts;
    let absent: readonly string[] = [];
    const isSafe = (): boolean => {
      const current = membership();
      absent = current === undefined ? [] : absentVoters(current, changes, isHere);
      return absent.length === 0;
    };
    if (await this.#comesTo(isSafe, COME_BACK_MS, signal)) return;
    const names = absent.map((id) => directory.nameOf(id)).join(", ");
    throw new UserError(
      "CLUSTER_CHANGE_NO_QUORUM",
      `of the voters that this would leave, too many are away: ${names}. Nobody could lead, or take it back`,
      "see that they run and are reached from here, or remove first those that are gone for good",
    );
  }

  async #change(changes: readonly MemberChange[], signal?: AbortSignal): Promise<void> {
    await this.#refuseLossOfQuorum(changes, signal);
    try {
      await this.#parts.change(changes, signal);
    } catch (error) {
      if (!(error instanceof ChangeRefusedError)) throw error;
      throw new UserError(
        "CLUSTER_CHANGE_REFUSED",
        error.message,
        "look at the members with mbnode ctl members, and try again when no other change is under way",
        { cause: error },
      );
    }
  }
}
