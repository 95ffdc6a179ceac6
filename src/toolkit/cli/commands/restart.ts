import type { Command } from "commander";
import { UserError } from "../../../support/errors.ts";
import { rollingRestart } from "../../runbooks/rolling/restart.ts";
import type { Io } from "../io.ts";
import { sessionOptions, readSessionOptions } from "./session-options.ts";
import { addRunbook } from "./runbooks.ts";

export function addRestart(program: Command, io: Io, end: (code: number) => void): void {
  addRunbook(
    program,
    {
      usage: "restart",
      runbook: rollingRestart,
      options: [
        { flags: "--rolling", description: "machine after machine; there is no other way" },
        { flags: "--service <name>", description: "restart this one only; may be given again", many: true },
        { flags: "--batch <size>", description: 'how many machines at a time, "1" or "25%" (default: 1)' },
        ...sessionOptions,
      ],
      read: (_positional, { rolling, service, batch, ...options }) => {
        if (!rolling)
          throw new UserError(
            "RESTART_NOT_ROLLING",
            "a restart of everything at once would be an outage",
            "add --rolling",
          );
        return { services: service ?? [], batch: batch ?? "1", ...readSessionOptions(options) };
      },
      examples: ["mbctl restart --rolling", "mbctl restart --rolling --service haproxy"],
    },
    io,
    end,
  );
}
