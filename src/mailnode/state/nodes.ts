import type { CommandOf } from "./command.ts";
import type { Context } from "./context.ts";
import { Records } from "./records.ts";
import { DONE, refuse, type Result } from "./result.ts";

/** What a node said of itself, and when; of a witness, which says nothing here, what the leader said. */
export type NodeRecord = Omit<CommandOf<"node.report">, "type" | "node"> & {
  /** In the state's time: its age tells whether the node can still be counted on. */
  readonly reportedAt: number;
  readonly expiresAt?: undefined;
};

const MAX_NODES = 1000;

/** The registry of the cluster's nodes. */
export class Nodes {
  readonly #records = new Records<NodeRecord>("nodes");

  get(node: string): NodeRecord | undefined {
    return this.#records.get(node);
  }

  list(): readonly (readonly [string, NodeRecord])[] {
    return this.#records.list();
  }

  report(command: CommandOf<"node.report">, context: Context): Result {
    const { type: _type, node, ...said } = command;
    if (!this.#records.get(node) && this.#records.size >= MAX_NODES)
      return refuse("TABLE_FULL", "there are too many nodes");
    this.#records.set(node, { ...said, reportedAt: context.now }, context);
    return DONE;
  }

  remove(command: CommandOf<"node.remove">, context: Context): Result {
    if (!this.#records.delete(command.node, context))
      return refuse("NOT_FOUND", `there is no node ${command.node}`);
    return DONE;
  }

  dump(): unknown {
    return this.#records.dump();
  }

  load(records: ReturnType<Records<NodeRecord>["dump"]>): void {
    this.#records.load(records);
  }
}
