import { Command } from "commander";
import { lookCommands } from "./look-commands.ts";
import { memberCommands } from "./member-commands.ts";
import { stateCommands } from "./state-commands.ts";

/** `mbnode ctl` with all that belongs to it. */
export function ctlCommand(): Command {
  const ctl = new Command("ctl")
    .description("look at the cluster, and operate it, through the node that runs on this machine")
    .addHelpText("after", "\nExample:\n  mbnode ctl status");
  for (const command of [...lookCommands(), ...memberCommands(), ...stateCommands()]) ctl.addCommand(command);
  return ctl;
}
