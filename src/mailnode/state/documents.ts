import type { CommandOf } from "./command.ts";
import type { Context } from "./context.ts";
import { Records } from "./records.ts";
import { done, refuse, type Result } from "./result.ts";

export interface DocumentRecord {
  readonly content: Uint8Array;
  /** 1, 2, 3 ... of this document. */
  readonly version: number;
  readonly by: string;
  readonly atMs: number;
  readonly expiresAt?: undefined;
}

const MAX_DOCUMENTS = 1000;

/** Configuration that all nodes work by, document by document. */
export class Documents {
  readonly #records = new Records<DocumentRecord>("documents");

  get(name: string): DocumentRecord | undefined {
    return this.#records.get(name);
  }

  list(): readonly (readonly [string, DocumentRecord])[] {
    return this.#records.list();
  }

  put(command: CommandOf<"config.put">, context: Context): Result<{ version: number }> {
    const { name, content, expect } = command;
    const held = this.#records.get(name)?.version ?? 0;
    if (expect !== undefined && expect !== held)
      return refuse("VERSION_MISMATCH", `${name} has version ${held}, not ${expect}`);
    if (held === 0 && this.#records.size >= MAX_DOCUMENTS)
      return refuse("TABLE_FULL", "there are too many configuration documents");
    const version = held + 1;
    this.#records.set(name, { content, version, by: context.actor, atMs: context.wallMs }, context);
    return done({ version });
  }

  dump(): unknown {
    return this.#records.dump();
  }

  load(records: ReturnType<Records<DocumentRecord>["dump"]>): void {
    this.#records.load(records);
  }
}
