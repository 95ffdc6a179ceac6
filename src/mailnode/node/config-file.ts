import { readFile } from "node:fs/promises";
import { parseNodeConfig, type NodeConfig } from "../../contract/witness-config.ts";
import { UserError } from "../../support/errors.ts";

/** Where apply puts the configuration. */
export const DEFAULT_CONFIG = "/etc/mailbastion/mbnode.json";

/** Reads a configuration file. Throws MAILNODE_FILE_UNREADABLE or, with every fault, MAILNODE_CONFIG. */
export async function readConfig(path: string): Promise<NodeConfig> {
  return parseNodeConfig(await readNamed(path), path);
}

/** The text of a file that the configuration names. Throws MAILNODE_FILE_UNREADABLE. */
export async function readNamed(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const remedy =
      code === "EACCES"
        ? "run mbnode as a user that may read it"
        : "let mbctl apply put it there, or name another file";
    throw new UserError("MAILNODE_FILE_UNREADABLE", `${path} cannot be read (${code})`, remedy, {
      cause: error,
    });
  }
}
