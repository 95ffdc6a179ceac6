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
  readonly #keys = new Map<string, GossipKey>();
  #primary: GossipKey;

  /** The first key is the one to send with. Throws GOSSIP_KEY_INVALID. */
  constructor(first: Secret, ...others: readonly Secret[]) {
    this.#primary = this.#put(first);
    for (const other of others) this.#put(other);
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

  /** Accepts one more key; gives its id. Throws GOSSIP_KEY_INVALID or GOSSIP_KEYS_TOO_MANY. */
  accept(key: Secret): string {
    return this.#put(key).id;
  }

  /** Sends with this key from now on. Throws GOSSIP_KEY_UNKNOWN. */
  use(id: string): void {
    this.#primary = this.#known(id);
  }

  /** Accepts it no more. Throws GOSSIP_KEY_UNKNOWN, or GOSSIP_KEY_IN_USE for the one to send with. */
  remove(id: string): void {
    if (this.#known(id) === this.#primary) {
      throw new UserError(
        "GOSSIP_KEY_IN_USE",
        `the gossip key ${id} is the one to send with`,
        "let all nodes send with another one first",
      );
    }
    this.#keys.delete(id);
  }

  #known(id: string): GossipKey {
    const key = this.#keys.get(id);
    if (key) return key;
    throw new UserError(
      "GOSSIP_KEY_UNKNOWN",
      `there is no gossip key ${JSON.stringify(id)}`,
      `name one of ${this.ids.join(", ")}`,
    );
  }

  #put(secret: Secret): GossipKey {
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
    if (!this.#keys.has(id) && this.#keys.size >= MAX_KEYS) {
      throw new UserError(
        "GOSSIP_KEYS_TOO_MANY",
        `there are ${this.#keys.size} gossip keys already, and at most ${MAX_KEYS} may be`,
        "take out those that no node sends with",
      );
    }
    const key = { id, bytes };
    this.#keys.set(id, key);
    return key;
  }
}
