import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { UserError } from "../../../support/errors.ts";

export const MANIFEST = "manifest.json";
export const DATABASE_FILE = "database.mbstream.zst.age";
export const CACHE_FILE = "cache.rdb.age";
/** A stack's folder: what is needed to put the machines up again, with the vault as it is sealed. */
export const CONFIGURATION = "configuration";

const schema = z.strictObject({
  format: z.literal(1),
  cluster: z.string(),
  /** The run that made it. */
  run: z.string(),
  /** When it was begun, ISO 8601. */
  at: z.string(),
  database: z
    .strictObject({
      machine: z.string(),
      version: z.string(),
      /** Where in the history the copy stands: exactly the writes up to this one are in it. */
      position: z.strictObject({ uuid: z.string(), seqno: z.string() }),
    })
    .optional(),
  cache: z.strictObject({ machine: z.string(), version: z.string() }).optional(),
  /** Every file of the backup but this one, sorted by path. */
  files: z.array(
    z.strictObject({ path: z.string(), bytes: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

/** What a backup holds. It is written last: a folder without it is a backup that did not end. */
export type Manifest = z.infer<typeof schema>;

/** Throws BACKUP_UNREADABLE. */
export async function readManifest(folder: string): Promise<Manifest> {
  try {
    return schema.parse(JSON.parse(await readFile(join(folder, MANIFEST), "utf8")));
  } catch (error) {
    throw new UserError(
      "BACKUP_UNREADABLE",
      `${folder} is no backup: its ${MANIFEST} is missing or says nothing that can be understood`,
      "name the folder of one backup; one without a manifest did not end",
      { cause: error },
    );
  }
}
