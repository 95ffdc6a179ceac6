import type { Command } from "commander";

/** What nearly every command takes, described once so that help reads the same everywhere. */

export function fileOption(command: Command): Command {
  return command.option(
    "-f, --file <path>",
    "the description of the cluster (default: cluster.yaml or cluster.ts here)",
  );
}

export function jsonOption(command: Command): Command {
  return command.option("--json", "print one JSON document instead of text");
}

export function yesOption(command: Command): Command {
  return command.option("-y, --yes", "go ahead without asking");
}

export function dryRunOption(command: Command): Command {
  return command.option("-n, --dry-run", "print what would be done, and change nothing");
}

export function targetOptions(command: Command): Command {
  return fileOption(command)
    .option("--lab [name]", "a lab of this cluster instead of its real machines")
    .option("--stack <folder>", "a synthesised stack instead of a description")
    .option("-i, --identity <key...>", "private keys to log in with (also: MAILBASTION_SSH_KEY_FILE)");
}

/** A command to type next, on the description that this one was given. */
export function typed({ file }: { readonly file?: string }, command: string): string {
  return `mbctl ${command}${file === undefined ? "" : ` --file ${file}`}`;
}

/** Help that ends with something to type. */
export function example(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExample:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}
