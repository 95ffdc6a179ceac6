import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { KEY_ID_BYTES, type GossipKey, type KeyRing } from "./key-ring.ts";
import { ReplayWindow } from "./replay-window.ts";

const VERSION = 1;
const SESSION_BYTES = 16;
const COUNTER_BYTES = 6;
const HEADER_BYTES = 1 + KEY_ID_BYTES + SESSION_BYTES + COUNTER_BYTES;
const TAG_BYTES = 16;
/** What sealing adds to a text. */
export const SEAL_BYTES = HEADER_BYTES + TAG_BYTES;
/** Senders that are remembered; a process of a member is one. */
const MAX_SESSIONS = 2_048;

/** Where a text is said; one that was said elsewhere does not open. */
export type Channel = "packet" | "question" | "answer";

interface Session {
  readonly key: Buffer;
  readonly window: ReplayWindow;
}

/**
 * Seals with AES-256-GCM (NIST SP 800-38D). Each process has a session of its own, drawn at random, and a key
 * derived for it (RFC 5869), so that a counter is a safe nonce although all nodes share one key.
 *
 * A text opens once. A sender that is not remembered any more may be replayed: everything that gossip says
 * may be said twice without harm, so nothing follows from it.
 */
export class Sealer {
  readonly #keys: KeyRing;
  readonly #label: Buffer;
  readonly #session: Buffer;
  readonly #sessions = new Map<string, Session>();
  readonly #own = new Map<string, Buffer>();
  #counter = 0;

  /** `label` names the cluster: another cluster's texts do not open, whatever the key. `session` has 16 random bytes. */
  constructor(keys: KeyRing, label: string, session: Uint8Array) {
    if (session.length !== SESSION_BYTES) throw new RangeError(`a session has ${SESSION_BYTES} bytes`);
    this.#keys = keys;
    this.#label = Buffer.from(label, "utf8");
    this.#session = Buffer.from(session);
  }

  seal(channel: Channel, text: Uint8Array): Uint8Array {
    const key = this.#keys.primary;
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(VERSION);
    header.write(key.id, 1, "hex");
    this.#session.copy(header, 1 + KEY_ID_BYTES);
    header.writeUIntBE(this.#counter++, HEADER_BYTES - COUNTER_BYTES, COUNTER_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#ownKey(key), nonceOf(header));
    cipher.setAAD(this.#bound(header, channel));
    return Buffer.concat([header, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  }

  /** The text, or undefined when it was not sealed with one of the keys for this cluster and channel, or came before. */
  open(channel: Channel, sealed: Uint8Array): Uint8Array | undefined {
    if (sealed.length < SEAL_BYTES || sealed[0] !== VERSION) return undefined;
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const header = bytes.subarray(0, HEADER_BYTES);
    const key = this.#keys.find(header.toString("hex", 1, 1 + KEY_ID_BYTES));
    if (!key) return undefined;
    const name = header.toString("latin1", 1, HEADER_BYTES - COUNTER_BYTES);
    const known = this.#sessions.get(name);
    const session = known ?? {
      key: this.#derive(key, header.subarray(1 + KEY_ID_BYTES, HEADER_BYTES - COUNTER_BYTES)),
      window: new ReplayWindow(),
    };
    const text = this.#decrypt(session.key, channel, bytes);
    if (!text || !session.window.accept(header.readUIntBE(HEADER_BYTES - COUNTER_BYTES, COUNTER_BYTES))) {
      return undefined;
    }
    // Only after it has proved itself: garbage must not push out senders.
    this.#remember(name, session);
    return text;
  }

  #decrypt(key: Buffer, channel: Channel, bytes: Buffer): Uint8Array | undefined {
    const header = bytes.subarray(0, HEADER_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(header), { authTagLength: TAG_BYTES });
    decipher.setAAD(this.#bound(header, channel));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return text;
  }

  #remember(name: string, session: Session): void {
    this.#sessions.delete(name);
    this.#sessions.set(name, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(oldest!);
  }

  #ownKey(key: GossipKey): Buffer {
    const known = this.#own.get(key.id);
    if (known) return known;
    const derived = this.#derive(key, this.#session);
    this.#own.set(key.id, derived);
    return derived;
  }

  #derive(key: GossipKey, session: Uint8Array): Buffer {
    return Buffer.from(hkdfSync("sha256", key.bytes, session, "mailbastion gossip 1", 32));
  }

  #bound(header: Buffer, channel: Channel): Buffer {
    return Buffer.concat([header, Buffer.from(`${channel}\n`), this.#label]);
  }
}

/** 96 bits, of which the session's key makes the counter alone enough. */
function nonceOf(header: Buffer): Buffer {
  const nonce = Buffer.alloc(12);
  header.copy(nonce, 12 - COUNTER_BYTES, HEADER_BYTES - COUNTER_BYTES);
  return nonce;
}
