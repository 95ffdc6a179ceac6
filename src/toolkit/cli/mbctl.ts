import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { UserError } from "../../support/errors.ts";
import { EXIT } from "./exit-codes.ts";
import { processIo, type Io } from "./io.ts";
import { commands } from "./commands/index.ts";

/**
 * Runs mbctl and returns its exit code. Prints one sentence and a remedy for what a person can mend; a stack
 * only for a fault of its own.
 */
export async function mbctl(argv: readonly string[], io: Io = processIo): Promise<number> {
  let code: number = EXIT.done;
  const program = new Command("mbctl")
    .description("describes, deploys and operates a mail cluster")
    .version(version())
    .showHelpAfterError("(mbctl --help lists the commands)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    });
  for (const add of commands) add(program, io, (result) => (code = result));
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    return report(error, argv.includes("--json"), io);
  }
}

function report(error: unknown, json: boolean, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
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
