import { UserError } from "../../support/errors.ts";
import { ask, type Command } from "../steps/command.ts";

/** What Node calls a processor. */
export type Architecture = "x64" | "arm64";

const NAMES: Readonly<Record<string, Architecture>> = { x86_64: "x64", aarch64: "arm64" };

/** Asks a machine for its processor; architectureOf reads the answer. */
export const architectureQuestion: Command = ask(["uname", "-m"]);

/** Reads what `uname -m` said. Throws RELEASE_ARCHITECTURE on a processor that there is no Node runtime for. */
export function architectureOf(machine: string, uname: string): Architecture {
  const found = NAMES[uname.trim()];
  if (found) return found;
  throw new UserError(
    "RELEASE_ARCHITECTURE",
    `machine ${machine} has a processor of the kind ${JSON.stringify(uname.trim())}, and the mail node runs on ${Object.keys(NAMES).join(" and ")}`,
    "give the role mail to another machine",
  );
}
