import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { UserError } from "../../support/errors.ts";
import { asUserError } from "./as-user-error.ts";
import { EXIT } from "./exit-codes.ts";
import { processIo, type Io } from "./io.ts";
import { commandsFor } from "./commands/index.ts";
import { example } from "./options.ts";

/**
 * Runs mbctl and returns its exit code. Prints one sentence and a remedy for what a person can mend; a stack
 * only for a fault of its own.
 */
export async function mbctl(argv: readonly string[], io: Io = processIo): Promise<number> {
  let code: number = EXIT.done;
  const json = beforeDashes(argv).includes("--json");
  const program = await buildProgram(argv, io, (result) => (code = result), json);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    return report(asUserError(error), json, io);
  }
}

/**
 * The command that `argv` begins with, or every one where it begins with none, with its options, ready to parse.
 * `end` takes the exit code of a command where it is not 0.
 */
export async function buildProgram(
  argv: readonly string[],
  io: Io,
  end: (code: number) => void,
  json = false,
): Promise<Command> {
  const surroundings: { -readonly [Key in keyof Io]: Io[Key] } = { ...io };
  const program = example(new Command("mbctl"), "mbctl synth --file examples/three-machines.yaml")
    .description("describes, deploys and operates a mail cluster")
    .version(version())
    .option("-q, --quiet", "print errors and the result alone")
    // main.ts looks for it before anything that colours is read.
    .option("--no-color", "print without colours")
    .configureHelp({ showGlobalOptions: true })
    .on("option:quiet", () => void (surroundings.isQuiet = true))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      // With --json a mistake on the command line is a document too: see report.
      writeErr: (text) => (json ? undefined : io.err(text.trimEnd())),
    });
  for (const add of await commandsFor(argv)) add(program, surroundings, end);
  pointToHelp(program, "mbctl");
  return program;
}

/** What follows "--" is the command line of another program. */
export function beforeDashes(argv: readonly string[]): readonly string[] {
  return argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
}

/** After a mistake each command names its own help, not the list of all commands. */
function pointToHelp(command: Command, typed: string): void {
  const lists = command.commands.length > 0 ? "the commands" : "what it takes";
  command.showHelpAfterError(`(${typed} --help shows ${lists})`);
  for (const sub of command.commands) pointToHelp(sub, `${typed} ${sub.name()}`);
}

function report(error: unknown, json: boolean, io: Io): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    const message = error.message.replace(/^error: /, "");
    if (json) io.out(JSON.stringify({ ok: false, code: "USAGE", message, remedy: "see mbctl --help" }));
    return EXIT.usage;
  }
  if (error instanceof UserError) {
    if (json)
      io.out(JSON.stringify({ ok: false, code: error.code, message: error.message, remedy: error.remedy }));
    else io.err(`mbctl: ${error.message}\n  -> ${error.remedy} [${error.code}]`);
    return error.code === "INTERRUPTED" ? EXIT.interrupted : EXIT.failed;
  }
  io.err(
    `mbctl: this is a fault of mbctl, please report it\n${error instanceof Error ? error.stack : String(error)}`,
  );
  return EXIT.internal;
}

function version(): string {
  const file = fileURLToPath(new URL("../../../package.json", import.meta.url));
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
