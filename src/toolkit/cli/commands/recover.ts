import type { Command } from "commander";
import { recoverGalera } from "../../runbooks/recover/galera.ts";
import { recoverStorage } from "../../runbooks/recover/storage.ts";
import type { Io } from "../io.ts";
import { example } from "../options.ts";
import { addRunbook } from "./runbooks.ts";

export function addRecover(program: Command, io: Io, end: (code: number) => void): void {
  const recover = example(
    program.command("recover").description("bring a part of the cluster back that is lost"),
    "mbctl recover galera",
  );
  addRunbook(
    recover,
    {
      usage: "galera",
      runbook: recoverGalera,
      options: [
        { flags: "--from <machine>", description: "go on with the data of this machine" },
        { flags: "--accept-loss <reason>", description: "why what that may lose may be lost" },
      ],
      read: (_positional, { from, acceptLoss }) => ({ from, acceptLoss }),
      examples: [
        "mbctl recover galera",
        'mbctl recover galera --from node-1 --accept-loss "node-3 burnt, its disk is gone"',
      ],
    },
    io,
    end,
  );
  addRunbook(
    recover,
    { usage: "storage", runbook: recoverStorage, read: () => ({}), examples: ["mbctl recover storage"] },
    io,
    end,
  );
}
