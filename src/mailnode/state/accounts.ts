import type { AccountRole } from "../../contract/states.ts";
import type { CommandOf } from "./command.ts";
import type { Context } from "./context.ts";
import { Records } from "./records.ts";
import { DONE, refuse, type Result } from "./result.ts";

export interface AccountRecord {
  readonly role: AccountRole;
  /** SHA-256 of a token of 256 random bits: nothing that a dictionary could find, so it needs no salt. */
  readonly tokenHash: string;
  readonly expiresAt?: undefined;
}

const MAX_ACCOUNTS = 1000;

/** Who may do what with the cluster. Once there is an admin, there is always one. */
export class Accounts {
  readonly #records = new Records<AccountRecord>("accounts");

  get(name: string): AccountRecord | undefined {
    return this.#records.get(name);
  }

  list(): readonly (readonly [string, AccountRecord])[] {
    return this.#records.list();
  }

  put(command: CommandOf<"account.put">, context: Context): Result {
    const { name, role, tokenHash } = command;
    if (role !== "admin" && this.#isLastAdmin(name)) return refuse("LAST_ADMIN", `${name} is the last admin`);
    if (!this.#records.get(name) && this.#records.size >= MAX_ACCOUNTS)
      return refuse("TABLE_FULL", "there are too many accounts");
    this.#records.set(name, { role, tokenHash }, context);
    return DONE;
  }

  remove(command: CommandOf<"account.remove">, context: Context): Result {
    if (this.#isLastAdmin(command.name)) return refuse("LAST_ADMIN", `${command.name} is the last admin`);
    if (!this.#records.delete(command.name, context))
      return refuse("NOT_FOUND", `there is no account ${command.name}`);
    return DONE;
  }

  dump(): unknown {
    return this.#records.dump();
  }

  load(records: ReturnType<Records<AccountRecord>["dump"]>): void {
    this.#records.load(records);
  }

  #isLastAdmin(name: string): boolean {
    const admins = this.#records.list().filter(([, account]) => account.role === "admin");
    return admins.length === 1 && admins[0]![0] === name;
  }
}
