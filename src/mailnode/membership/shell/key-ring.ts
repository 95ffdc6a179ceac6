import { createHash } from "node:crypto";
import { UserError } from "../../../support/errors.ts";
import type { Secret } from "../../../support/secret.ts";

const KEY_BYTES = 32;
export const KEY_ID_BYTES = 4;
/** Two are enough for a rotation; more are a sign that old ones are never taken out. */
const MAX_KEYS = 8;

export interface GossipKey {
  /** First bytes of the key's hash, in hexadecimal: names the key and tells nothing of it. */
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * The keys that a node accepts, and the one it sends with.
 *
 * A key is changed without downtime in three rounds, each made on all nodes before the next: accept the new
 * one, send with it, take out the old one.
 */
export class KeyRing {
  #keys: ReadonlyMap<string, GossipKey>;
  #primary: GossipKey;

  /** The first key is the one to send with. Throws GOSSIP_KEY_INVALID or GOSSIP_KEYS_TOO_MANY. */
  constructor(first: Secret, ...others: readonly Secret[]) {
    this.#primary = gossipKey(first);
    const keys = [this.#primary, ...others.map(gossipKey)];
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    if (this.#keys.size > MAX_KEYS) {
      throw new UserError(
        "GOSSIP_KEYS_TOO_MANY",
        `there are ${this.#keys.size} gossip keys, and at most ${MAX_KEYS} may be`,
        "take out those that no node sends with",
      );
    }
  }

  get primary(): GossipKey {
    return this.#primary;
  }

  /** The ids of all keys, the one to send with first. */
  get ids(): readonly string[] {
    const others = [...this.#keys.keys()].filter((id) => id !== this.#primary.id);
    return [this.#primary.id, ...others];
  }

  find(id: string): GossipKey | undefined {
    return this.#keys.get(id);
  }

  /** Accepts the keys of another ring from now on and no others, and sends with its first. */
  follow(other: KeyRing): void {
    this.#keys = other.#keys;
    this.#primary = other.#primary;
  }
}

function gossipKey(secret: Secret): GossipKey {
  const bytes = Buffer.from(secret.reveal(), "base64");
  if (bytes.length !== KEY_BYTES) {
    throw new UserError(
      "GOSSIP_KEY_INVALID",
      `a gossip key has ${bytes.length} bytes, not ${KEY_BYTES}`,
      `make one with: openssl rand -base64 ${KEY_BYTES}`,
    );
  }
  const id = createHash("sha256")
    .update("gossip key")
    .update(bytes)
    .digest("hex")
    .slice(0, 2 * KEY_ID_BYTES);
  return { id, bytes };
}
