import { UserError } from "../../support/errors.ts";
import { Secret } from "../../support/secret.ts";
import { KeyRing } from "../membership/shell/key-ring.ts";
import { readNamed } from "./config-file.ts";

/**
 * The gossip keys of a file: one of 32 bytes in base64 per line, the one to send with first. What begins with "#" is none.
 *
 * Throws MAILNODE_FILE_UNREADABLE or GOSSIP_KEYS_NONE.
 */
export async function readGossipKeys(file: string): Promise<readonly [Secret, ...Secret[]]> {
  const lines = (await readNamed(file)).split("\n").map((line) => line.trim());
  const [first, ...others] = lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => new Secret(line));
  if (first === undefined)
    throw new UserError(
      "GOSSIP_KEYS_NONE",
      `${file} holds no gossip key`,
      "put one there with: openssl rand -base64 32",
    );
  return [first, ...others];
}

/**
 * Makes a ring accept these keys and no others, and send with the first. All are accepted before any goes, so that
 * nothing is lost in between. Throws GOSSIP_KEY_INVALID or GOSSIP_KEYS_TOO_MANY, and then takes none out.
 */
export function changeKeys(ring: KeyRing, keys: readonly [Secret, ...Secret[]]): void {
  const wanted = new KeyRing(...keys);
  for (const key of keys) ring.accept(key);
  ring.use(wanted.primary.id);
  for (const id of ring.ids) if (!wanted.ids.includes(id)) ring.remove(id);
}
