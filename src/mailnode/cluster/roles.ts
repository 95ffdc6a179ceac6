import { createHash, timingSafeEqual } from "node:crypto";
import { mayAct, type AccountRole } from "../../contract/states.ts";
import { Secret } from "../../support/secret.ts";
import type { Replica } from "./replica.ts";

export interface Account {
  readonly name: string;
  readonly role: AccountRole;
}

/** Bits that nobody can guess; systems pass node:crypto's randomBytes. */
export type RandomBytes = (count: number) => Uint8Array;

const TOKEN_BYTES = 32;

/** Who may look, operate or administer. Tokens are known to their owners; the state holds their hashes. */
export class Roles {
  readonly #replica: Replica;
  readonly #randomBytes: RandomBytes;

  constructor(replica: Replica, randomBytes: RandomBytes) {
    this.#replica = replica;
    this.#randomBytes = randomBytes;
  }

  /** Makes an account, or gives one a new role and token; the token cannot be read again. Throws Refused with LAST_ADMIN, and like Replica.perform. */
  async grant(name: string, role: AccountRole, actor: string): Promise<Secret> {
    const token = `mb_${Buffer.from(this.#randomBytes(TOKEN_BYTES)).toString("base64url")}`;
    const tokenHash = hashOf(token).toString("hex");
    await this.#replica.perform<"account.put">({ type: "account.put", name, role, tokenHash }, { actor });
    return new Secret(token);
  }

  /** Throws Refused with LAST_ADMIN or NOT_FOUND, and like Replica.perform. */
  async revoke(name: string, actor: string): Promise<void> {
    await this.#replica.perform<"account.remove">({ type: "account.remove", name }, { actor });
  }

  list(): readonly Account[] {
    return this.#replica.machine.accounts.list().map(([name, { role }]) => ({ name, role }));
  }

  /** The account that a token belongs to, as this node knows it; all hashes are compared, in constant time each. */
  authenticate(token: string): Account | undefined {
    const hash = hashOf(token);
    let found: Account | undefined;
    for (const [name, { role, tokenHash }] of this.#replica.machine.accounts.list())
      if (timingSafeEqual(hash, Buffer.from(tokenHash, "hex"))) found = { name, role };
    return found;
  }

  /** Whether a token may do what takes `needed`; undefined: it belongs to nobody. */
  authorize(
    token: string,
    needed: AccountRole,
  ): { readonly account: Account; readonly allowed: boolean } | undefined {
    const account = this.authenticate(token);
    return account && { account, allowed: mayAct(account.role, needed) };
  }
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
