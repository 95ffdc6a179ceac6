import { once } from "node:events";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { UserError } from "../../../support/errors.ts";
import { readStreamed } from "../../disk/local-file.ts";
import { CACHE_FILE, DATABASE_FILE } from "./manifest.ts";
import { readMbstream } from "./mbstream.ts";

const POSITION_FILE = "xtrabackup_galera_info";

/** What there is to know of a copy of the database. */
export interface DatabaseCopy {
  /** Where in the history it stands. */
  readonly position: { readonly uuid: string; readonly seqno: string };
  /** How much it takes on a disk once it is unpacked. */
  readonly bytes: number;
}

/**
 * Opens the copy of the database, reads it to its end and checks every part of it. Throws BACKUP_DAMAGED, SEALED_FILE_DAMAGED, and what the key is refused with.
 */
export async function lookIntoDatabase(folder: string, keyFile: string): Promise<DatabaseCopy> {
  const localFile = join(folder, DATABASE_FILE);
  const plain = await readStreamed({ localFile, keyFile });
  let text = "";
  let bytes = 0;
  try {
    await pipeline(plain, createZstdDecompress(), async (stream: AsyncIterable<Uint8Array>) => {
      const content = await readMbstream(stream, [POSITION_FILE]);
      text = content.texts.get(POSITION_FILE) ?? "";
      bytes = content.bytes;
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw damaged(localFile, (error as Error).message);
  }
  const match = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d+)\b/.exec(text);
  if (!match) throw damaged(localFile, `it names no position in a history (${JSON.stringify(text)})`);
  return { position: { uuid: match[1]!, seqno: match[2]! }, bytes };
}

/** Opens the snapshot of the cache and reads it to its end. Throws as lookIntoDatabase does. */
export async function lookIntoCache(folder: string, keyFile: string): Promise<void> {
  const localFile = join(folder, CACHE_FILE);
  const plain = await readStreamed({ localFile, keyFile });
  let head = Buffer.alloc(0);
  plain.on("data", (chunk: Buffer) => {
    if (head.length < 5) head = Buffer.concat([head, chunk]);
  });
  await once(plain, "end");
  if (head.toString("latin1", 0, 5) !== "REDIS") throw damaged(localFile, "it is no snapshot of Redis");
}

function damaged(path: string, why: string): UserError {
  return new UserError(
    "BACKUP_DAMAGED",
    `${path} cannot be restored: ${why}`,
    "take another backup; an older one may be whole",
  );
}
