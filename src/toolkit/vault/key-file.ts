import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { readAgeKey } from "../disk/age-key.ts";
import { makePrivateDirectory, replaceFile } from "../disk/replace-file.ts";

export { readAgeKey as readKey };

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
