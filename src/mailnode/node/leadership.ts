import { UserError } from "../../support/errors.ts";
import type { Registry } from "../cluster/registry.ts";
import type { Driver } from "../raft/shell/driver.ts";
import type { MemberDirectory } from "./member-directory.ts";

/** Hands leadership on, from whichever node it is asked on. */
export class Leadership {
  readonly #driver: Driver;
  readonly #directory: MemberDirectory;
  readonly #registry: Registry;

  constructor(driver: Driver, directory: MemberDirectory, registry: Registry) {
    this.#driver = driver;
    this.#directory = directory;
    this.#registry = registry;
  }

  /**
   * To the node of this name, or to one that serves when none is named, or else to any voter that seems alive. Gives
   * the new leader's name. Throws CLUSTER_MEMBER_UNKNOWN, CLUSTER_NO_HEIR and NotProposed.
   */
  async transfer(to: string | undefined, signal?: AbortSignal): Promise<string> {
    let last: Error | undefined;
    for (const heir of to === undefined ? this.#heirs() : [this.#named(to)]) {
      try {
        await this.#driver.transferLeadership(heir, signal);
        return this.#directory.nameOf(heir);
      } catch (error) {
        last = error as Error;
        if (signal?.aborted) break;
      }
    }
    if (last !== undefined) throw last;
    throw new UserError(
      "CLUSTER_NO_HEIR",
      "there is no other voter alive that could lead",
      "start another one, or let this one lead on: a leader need not take mail",
    );
  }

  #named(name: string): string {
    const id = this.#directory.idOf(name);
    if (id === undefined)
      throw new UserError(
        "CLUSTER_MEMBER_UNKNOWN",
        `${name} is no member of the cluster`,
        "name one that mbnode ctl members lists",
      );
    const standing = this.#directory.standingOf(id);
    if (standing === "voter") return id;
    throw new UserError(
      "CLUSTER_NO_HEIR",
      `${name} is a ${standing}, and only a voter that holds the state leads`,
      "name another node, or none",
    );
  }

  #heirs(): readonly string[] {
    const leader = this.#driver.leader()?.id;
    const serving = new Set(this.#registry.serving());
    return this.#directory
      .view()
      .filter(({ id, standing, seems }) => id !== leader && standing === "voter" && seems === "alive")
      .sort((a, b) => Number(serving.has(b.node)) - Number(serving.has(a.node)))
      .map(({ id }) => id);
  }
}
