import { Command } from "commander";
import type { MemberAction } from "../../../contract/cluster-api.ts";
import { act, described, type Common } from "./act.ts";
import { accountsTable, maintenanceTable, membersTable } from "./tables.ts";

const MEMBER_ACTIONS: Readonly<Record<MemberAction, string>> = {
  add: "take a node in: it learns first, and votes once it has caught up",
  promote: "let a learner vote that was too far behind when it was added",
  remove: "take another node out",
  replace: "take in the node of a machine that lost its disk, and its former self out",
};

/** Commands about who belongs to the cluster, who leads it and who may operate it. */
export function memberCommands(): readonly Command[] {
  const member = new Command("member").description("change who votes, one node at a time");
  for (const [action, description] of Object.entries(MEMBER_ACTIONS)) {
    const command = new Command(action)
      .description(description)
      .argument("<node>", "a machine's name, or a member's id")
      .action((node: string, options: Common) =>
        act(options, "postMembers", { body: { action, node } }, membersTable),
      );
    member.addCommand(described(command, `member ${action} node-4`));
  }
  const transfer = new Command("transfer")
    .description("hand the leadership to another node")
    .option("--to <node>", "to this one; else to any that may lead")
    .action((options: Common & { readonly to?: string }) => {
      const { to } = options;
      return act(
        options,
        "postLeader",
        { body: { to } },
        ({ leader }) => `${leader?.node ?? "nobody"} leads\n`,
      );
    });
  return [member, described(transfer, "transfer --to node-2"), maintenanceCommand(), accountCommand()];
}

function maintenanceCommand(): Command {
  const maintenance = new Command("maintenance").description("take nodes out of service and back");
  const list = new Command("list")
    .description("which nodes are out of service, or on their way there")
    .action((options: Common) => act(options, "getMaintenance", {}, maintenanceTable));
  const enter = new Command("enter")
    .description("drain a node: its sessions end, its clients and its leadership go to others")
    .argument("<node>", "a machine's name")
    .option("--drain-timeout <seconds>", "how long open sessions may take to end by themselves", Number, 300)
    .option("--now", "end open sessions after their transaction, without waiting")
    .option("--keep-sessions", "leave clients that are bound to the node bound to it")
    .action((node: string, options: Common & { drainTimeout: number; now?: true; keepSessions?: true }) => {
      const { drainTimeout, now, keepSessions } = options;
      const rules = { drainTimeoutMs: drainTimeout * 1000, graceful: !now, migrateSessions: !keepSessions };
      return act(options, "postMaintenance", { body: { node, action: "enter", ...rules } }, maintenanceTable);
    });
  const exit = new Command("exit")
    .description("take a node back into service")
    .argument("<node>", "a machine's name")
    .action((node: string, options: Common) =>
      act(options, "postMaintenance", { body: { node, action: "exit" } }, maintenanceTable),
    );
  return maintenance
    .addCommand(described(list, "maintenance list"))
    .addCommand(described(enter, "maintenance enter node-2 --drain-timeout 60"))
    .addCommand(described(exit, "maintenance exit node-2"));
}

function accountCommand(): Command {
  const account = new Command("account").description("who may use the API over the network");
  const grant = new Command("grant")
    .description(
      "make an account, or give one a new role and token; the token is printed and cannot be read again",
    )
    .argument("<name>")
    .argument("<role>", "viewer, operator or admin")
    .action((name: string, role: string, options: Common) =>
      act(options, "putAccount", { body: { name, role } }, ({ token }) => `${token}\n`),
    );
  const revoke = new Command("revoke")
    .description("take an account away; its token is of no use from then on")
    .argument("<name>")
    .action((name: string, options: Common) =>
      act(options, "deleteAccount", { query: { name } }, accountsTable),
    );
  const list = new Command("list")
    .description("every account with its role")
    .action((options: Common) => act(options, "getAccounts", {}, accountsTable));
  return account
    .addCommand(described(grant, "account grant monitoring viewer"))
    .addCommand(described(revoke, "account revoke monitoring"))
    .addCommand(described(list, "account list"));
}
