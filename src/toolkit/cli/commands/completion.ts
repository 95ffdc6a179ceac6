import { Command } from "commander";
import { loadCluster } from "../../project/load-cluster.ts";
import type { AddCommand } from "../add-command.ts";
import { completionScript, SHELLS } from "../completion-script.ts";
import { example, fileOption } from "../options.ts";

/** `all` reads every command: the one that is typed is alone in the program. */
export function completionCommand(all: () => Promise<readonly AddCommand[]>): AddCommand {
  return (program, io, end) => {
    const group = example(
      program.command("completion").description("a script that makes your shell complete what you type"),
      "mbctl completion bash",
      'in ~/.bashrc: eval "$(mbctl completion bash)"',
    );
    for (const shell of SHELLS) {
      const command = group.command(shell).description(`print the script for ${shell}`);
      example(command, `mbctl completion ${shell}`).action(async () => {
        const whole = new Command(program.name());
        for (const option of program.options) whole.addOption(option);
        for (const add of await all()) add(whole, io, end);
        io.out(completionScript(whole, shell));
      });
    }
    const machines = group
      .command("machines")
      .description("print the names of the machines, a line each: what the scripts ask for");
    example(fileOption(machines), "mbctl completion machines").action(
      async ({ file }: { readonly file?: string }) => {
        const { spec } = await loadCluster(file);
        io.out(Object.keys(spec.machines).join("\n"));
      },
    );
  };
}
