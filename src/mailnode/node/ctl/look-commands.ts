import { Command } from "commander";
import { act, described, type Common } from "./act.ts";
import { auditTable, membersTable, nodesTable, statusTable } from "./tables.ts";

interface Stale {
  readonly stale?: true;
}

export const STALE = "read this node's memory, without a quorum";

/** The part of a question that --stale is. */
export function consistency({ stale }: Stale): { readonly consistency?: "stale" } {
  return stale ? { consistency: "stale" } : {};
}

/** Commands that change nothing. */
export function lookCommands(): readonly Command[] {
  const status = new Command("status")
    .description("how the cluster is, as this node sees it")
    .action((options: Common) => act(options, "getStatus", {}, statusTable));
  const nodes = new Command("nodes")
    .description("every node with its state and load")
    .option("--stale", STALE)
    .action((options: Common & Stale) =>
      act(options, "getNodes", { query: consistency(options) }, nodesTable),
    );
  const members = new Command("members")
    .description("who votes, learns or witnesses")
    .action((options: Common) => act(options, "getMembers", {}, membersTable));
  const audit = new Command("audit")
    .description("who did what to the cluster, and what came of it")
    .option("--actor <name>", "only what this account, node or local:<user> did")
    .option("--action <name>", 'only this, such as "maintenance.enter"')
    .option("--after <index>", "only what came after this entry of the log")
    .option("--limit <count>", "so many: the newest, or with --after the oldest of what was found", "50")
    .option("--stale", STALE)
    .action(
      (options: Common & Stale & Record<"actor" | "action" | "after" | "limit", string | undefined>) => {
        const { actor, action, after, limit } = options;
        const query = { actor, action, after, limit, ...consistency(options) };
        return act(options, "getAudit", { query }, auditTable);
      },
    );
  return [
    described(status, "status"),
    described(nodes, "nodes --json"),
    described(members, "members"),
    described(audit, "audit --actor local:root --limit 10"),
  ];
}
