import { readFile, stat } from "node:fs/promises";
import { UserError } from "../../support/errors.ts";

/** The age identity in the key file; undefined when there is no such file. Throws VAULT_KEY_OPEN, VAULT_KEY_DAMAGED, VAULT_KEY_UNREADABLE. */
export async function readAgeKey(path: string): Promise<string | undefined> {
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
  // Read only when there is a key: most commands need none.
  const { identityToRecipient } = await import("age-encryption");
  return identityToRecipient(text).then(
    () => true,
    () => false,
  );
}
