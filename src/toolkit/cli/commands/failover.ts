import type { Command } from "commander";
import { failoverBalancer } from "../../runbooks/failover/balancer.ts";
import { failoverCache } from "../../runbooks/failover/cache.ts";
import { failoverDatabaseWriter } from "../../runbooks/failover/database-writer.ts";
import { failoverMailLeader } from "../../runbooks/failover/mail-leader.ts";
import type { Io } from "../io.ts";
import { example } from "../options.ts";
import { addRunbook } from "./runbooks.ts";

export function addFailover(program: Command, io: Io, end: (code: number) => void): void {
  const failover = example(
    program.command("failover").description("move a leadership to another machine while everything works"),
    "mbctl failover cache --to node-2",
  );
  for (const [usage, runbook] of [
    ["balancer", failoverBalancer],
    ["cache", failoverCache],
    ["database-writer", failoverDatabaseWriter],
    ["mail-leader", failoverMailLeader],
  ] as const)
    addRunbook(
      failover,
      {
        usage,
        runbook,
        options: [
          {
            flags: "--to <machine>",
            description: "where to (default: the first fit one of the description)",
          },
        ],
        read: (_positional, { to }) => ({ to }),
        examples: [`mbctl failover ${usage}`, `mbctl failover ${usage} --to node-2`],
      },
      io,
      end,
    );
}
