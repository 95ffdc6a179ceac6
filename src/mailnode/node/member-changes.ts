import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import type { By } from "../cluster/running-cluster.ts";
import type { Member } from "../membership/core/types.ts";
import type { MemberChange } from "../raft/core/membership-change.ts";
import { ChangeRefusedError } from "../raft/shell/outcome.ts";
import { isWitness } from "./announcement.ts";
import type { MemberDirectory } from "./member-directory.ts";

export interface MemberChangeParts {
  readonly directory: MemberDirectory;
  readonly change: (changes: readonly MemberChange[], signal?: AbortSignal) => Promise<void>;
  /** Whether a learner has said, through the log itself, that it has all of it. */
  readonly hasCaughtUp: (name: string, id: string) => boolean;
  readonly record: (action: string, target: string, actor: string | undefined) => Promise<void>;
  /** Takes a machine's report out of the shared state. */
  readonly forget: (name: string, actor: string | undefined) => Promise<void>;
  readonly env: Env;
  /** How long a learner may take to catch up. */
  readonly catchUpMs: number;
}

const LOOK_MS = 100;

/** Takes members in and out, at somebody's word and never by itself: gossip only tells which node is meant. */
export class MemberChanges {
  readonly #parts: MemberChangeParts;

  constructor(parts: MemberChangeParts) {
    this.#parts = parts;
  }

  async add(name: string, { actor, signal }: By = {}): Promise<void> {
    const { directory } = this.#parts;
    const [present] = directory.membersOn(name);
    const standing = present === undefined ? undefined : directory.standingOf(present);
    if (standing === "voter" || standing === "witness") return;
    if (present !== undefined) await this.#promote(name, present, [], signal);
    else await this.#takeIn(name, this.#stranger(name), [], signal);
    await this.#parts.record("member.add", name, actor);
  }

  async remove(name: string, { actor, signal }: By = {}): Promise<void> {
    const ids = this.#parts.directory.membersOn(name);
    if (ids.length === 0) return;
    const machine = this.#parts.directory.nameOf(ids[0]!);
    await this.#change(
      ids.map((id) => ({ become: "removed", id })),
      signal,
    );
    await this.#parts.forget(machine, actor);
    await this.#parts.record("member.remove", name, actor);
  }

  async replace(name: string, { actor, signal }: By = {}): Promise<void> {
    const { directory } = this.#parts;
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
    const out: MemberChange[] = gone.map((id) => ({ become: "removed", id }));
    if (learner !== undefined && strangers.length === 0) await this.#promote(name, learner, out, signal);
    else await this.#takeIn(name, this.#stranger(name), out, signal);
    await this.#parts.record("member.replace", name, actor);
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
    if (isWitness(node)) return this.#change([{ become: "witness", id }, ...out], signal);
    await this.#change([{ become: "learner", id }], signal);
    await this.#promote(name, id, out, signal);
  }

  async #promote(
    name: string,
    id: string,
    out: readonly MemberChange[],
    signal?: AbortSignal,
  ): Promise<void> {
    const { env, hasCaughtUp, catchUpMs, directory } = this.#parts;
    const machine = directory.nameOf(id);
    const end = env.monotonic() + catchUpMs;
    while (!hasCaughtUp(machine, id)) {
      if (signal?.aborted || env.monotonic() >= end)
        throw new UserError(
          "CLUSTER_MEMBER_BEHIND",
          `${name} did not come to have the whole log within ${catchUpMs} ms`,
          "see that it runs and is reached by the others, and add it again: it stays a learner until then",
        );
      await env.sleep(LOOK_MS, signal).catch(() => undefined);
    }
    await this.#change([{ become: "voter", id }, ...out], signal);
  }

  async #change(changes: readonly MemberChange[], signal?: AbortSignal): Promise<void> {
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
