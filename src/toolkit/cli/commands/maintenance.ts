import type { Command } from "commander";
import { maintenanceEnter } from "../../runbooks/maintenance/enter.ts";
import { maintenanceExit } from "../../runbooks/maintenance/exit.ts";
import type { Io } from "../io.ts";
import { drainOptions, readDrain, readUndrain, undrainOptions } from "./drain.ts";
import { example } from "../options.ts";
import { addRunbook } from "./runbooks.ts";

export function addMaintenance(program: Command, io: Io, end: (code: number) => void): void {
  const maintenance = example(
    program.command("maintenance"),
    "mbctl maintenance enter node-2",
    "mbctl maintenance exit node-2",
  ).description("take a machine out to work on it, and give it back");
  const enter = {
    usage: "enter <machine>",
    runbook: maintenanceEnter,
    options: drainOptions,
    read: readDrain,
    examples: ['mbctl maintenance enter node-2 --reason "a new disk"'],
  };
  const exit = {
    usage: "exit <machine>",
    runbook: maintenanceExit,
    options: undrainOptions,
    read: readUndrain,
    examples: ["mbctl maintenance exit node-2"],
  };
  addRunbook(maintenance, enter, io, end);
  addRunbook(maintenance, exit, io, end);
}
