import type { Command } from "commander";
import { upgrade } from "../../runbooks/upgrade/upgrade.ts";
import type { Io } from "../io.ts";
import { addRunbook } from "./runbooks.ts";
import { readSessionOptions, sessionOptions } from "./session-options.ts";

export function addUpgrade(program: Command, io: Io, end: (code: number) => void): void {
  addRunbook(
    program,
    {
      usage: "upgrade",
      runbook: upgrade,
      options: [
        { flags: "--release", description: "the mail node's program; also when nothing is said" },
        { flags: "--packages", description: "Debian's packages of the services" },
        ...sessionOptions,
      ],
      read: (_positional, { release, packages, ...options }) => ({
        release: release ?? false,
        packages: packages ?? false,
        ...readSessionOptions(options),
      }),
      examples: ["mbctl upgrade", "mbctl upgrade --packages --dry-run"],
    },
    io,
    end,
  );
}
