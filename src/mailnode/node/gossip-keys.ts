import { UserError } from "../../support/errors.ts";
import { Secret } from "../../support/secret.ts";
import { KeyRing } from "../membership/shell/key-ring.ts";
import { readNamed } from "./config-file.ts";

/**
 * The gossip keys of a file: one of 32 bytes in base64 per line, the one to send with first. What begins with "#" is none.
 *
 * Throws MAILNODE_FILE_UNREADABLE, GOSSIP_KEYS_NONE, GOSSIP_KEY_INVALID or GOSSIP_KEYS_TOO_MANY.
 */
export async function readGossipKeys(file: string): Promise<KeyRing> {
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
  return new KeyRing(first, ...others);
}
