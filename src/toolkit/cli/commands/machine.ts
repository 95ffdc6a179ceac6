import type { Command } from "commander";
import { addMachine } from "../../runbooks/machines/add.ts";
import { removeMachine } from "../../runbooks/machines/remove.ts";
import { replaceMachine } from "../../runbooks/machines/replace.ts";
import type { Io } from "../io.ts";
import { example } from "../options.ts";
import { addRunbook } from "./runbooks.ts";
import { readSessionOptions, sessionOptions } from "./session-options.ts";

export function addAdd(program: Command, io: Io, end: (code: number) => void): void {
  const add = example(
    program.command("add").description("take something into the running cluster"),
    "mbctl add machine node-4 node-5",
  );
  const command = {
    usage: "machine <machines...>",
    runbook: addMachine,
    read: (machines: readonly string[]) => ({ machines }),
    examples: ["mbctl add machine node-4 node-5"],
  };
  addRunbook(add, command, io, end);
}

export function addRemove(program: Command, io: Io, end: (code: number) => void): void {
  const remove = example(
    program.command("remove").description("take something out of the running cluster"),
    "mbctl remove machine node-4 node-5",
  );
  const command = {
    usage: "machine <machines...>",
    runbook: removeMachine,
    options: [
      { flags: "--gone", description: "those of them that do not answer never will again" },
      ...sessionOptions,
    ],
    read: (machines: readonly string[], options: Readonly<Record<string, unknown>>) => ({
      machines,
      gone: options["gone"] ?? false,
      ...readSessionOptions(options),
    }),
    examples: ["mbctl remove machine node-4 node-5", "mbctl remove machine node-4 node-5 --gone"],
  };
  addRunbook(remove, command, io, end);
}

export function addReplace(program: Command, io: Io, end: (code: number) => void): void {
  const replace = example(
    program.command("replace").description("take a part of the cluster in that was made anew"),
    "mbctl replace machine node-2",
  );
  const command = {
    usage: "machine <machine>",
    runbook: replaceMachine,
    read: ([machine]: readonly string[]) => ({ machine }),
    examples: ["mbctl replace machine node-3"],
  };
  addRunbook(replace, command, io, end);
}
