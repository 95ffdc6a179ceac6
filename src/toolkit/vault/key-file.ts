import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { UserError } from "../../support/errors.ts";
import { makePrivateDirectory, replaceFile } from "../disk/replace-file.ts";

/** The environment variables of this process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the key of a cluster's vault lies: the file named by MAILBASTION_KEY_FILE, else
 * `mailbastion/<cluster>.key` under XDG_CONFIG_HOME (by default ~/.config). Outside the project, so that a
 * copy of the project alone opens nothing.
 */
export function keyFilePath(cluster: string, environment: Environment): string {
  if (environment["MAILBASTION_KEY_FILE"]) return environment["MAILBASTION_KEY_FILE"];
  const configHome = environment["XDG_CONFIG_HOME"] || join(environment["HOME"] || homedir(), ".config");
  return join(configHome, "mailbastion", `${cluster}.key`);
}

/** The age identity in the key file; undefined when there is no such file. Throws VAULT_KEY_OPEN, VAULT_KEY_DAMAGED, VAULT_KEY_UNREADABLE. */
export async function readKey(path: string): Promise<string | undefined> {
  let text: string;
  try {
    await refuseReadableByOthers(path);
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (error instanceof UserError) throw error;
    throw new UserError(
      "VAULT_KEY_UNREADABLE",
      `the vault's key ${path} cannot be read`,
      "run as the user who owns it",
      { cause: error },
    );
  }
  const identity = text.split("\n").find((line) => line.startsWith("AGE-SECRET-KEY-1"));
  if (!identity || !(await isIdentity(identity.trim()))) {
    throw new UserError(
      "VAULT_KEY_DAMAGED",
      `${path} holds no age identity, a line that starts with AGE-SECRET-KEY-1`,
      "put the key back from its backup",
    );
  }
  return identity.trim();
}

/** Makes a key, in the format of age-keygen, 0600, and returns its identity. */
export async function createKey(path: string, now: number): Promise<string> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  await makePrivateDirectory(dirname(path));
  await replaceFile(
    path,
    `# created: ${new Date(now).toISOString()}\n# public key: ${recipient}\n${identity}\n`,
    0o600,
  );
  return identity;
}

async function refuseReadableByOthers(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  throw new UserError(
    "VAULT_KEY_OPEN",
    `the vault's key ${path} has mode ${octal}, so that others than its owner may reach it`,
    `run chmod 600 ${path}`,
  );
}

async function isIdentity(text: string): Promise<boolean> {
  return identityToRecipient(text).then(
    () => true,
    () => false,
  );
}
