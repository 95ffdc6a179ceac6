import { resolve } from "node:path";
import type { Command } from "commander";
import { restore } from "../../runbooks/backup/restore.ts";
import type { Io } from "../io.ts";
import { addRunbook } from "./runbooks.ts";

export function addRestore(program: Command, io: Io, end: (code: number) => void): void {
  const command = {
    usage: "restore <folder>",
    runbook: restore,
    options: [
      { flags: "--only <part>", description: "database or cache (default: both)" },
      { flags: "--over-living-data <reason>", description: "why what works now may be replaced" },
    ],
    read: ([folder]: readonly string[], { only, overLivingData }: Readonly<Record<string, unknown>>) => ({
      folder: resolve(folder!),
      ...(only !== undefined && { only }),
      ...(overLivingData !== undefined && { overLivingData }),
    }),
    examples: [
      "mbctl restore /srv/backups/acme-20261122T180000Z",
      'mbctl restore backups/acme-20261122T180000Z --only database --over-living-data "a table was dropped"',
    ],
  };
  addRunbook(program, command, io, end);
}
