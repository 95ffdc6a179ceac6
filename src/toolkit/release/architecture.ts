import { UserError } from "../../support/errors.ts";

/** What Node calls a processor. */
export type Architecture = "x64" | "arm64";

const NAMES: Readonly<Record<string, Architecture>> = { x86_64: "x64", aarch64: "arm64" };

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
