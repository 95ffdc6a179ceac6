import { readFile } from "node:fs/promises";
import { armor, Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import * as z from "zod";
import { UserError } from "../../support/errors.ts";
import { type Entry, entrySchema } from "./entry.ts";

const contentSchema = z.strictObject({
  format: z.literal(1),
  cluster: z.string(),
  entries: z.record(z.string(), entrySchema),
  /** What a rotation that is under way will put in their place. */
  successors: z.record(z.string(), entrySchema).optional(),
});

/** All that a vault holds, by request. */
export interface VaultContent {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly successors: ReadonlyMap<string, Entry>;
}

/** What is written to the file: age's text format, so that `age -d -i KEY vault.age` reads it too. */
export async function sealEntries(
  cluster: string,
  { entries, successors }: VaultContent,
  identity: string,
): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const sorted = (map: ReadonlyMap<string, Entry>) =>
    Object.fromEntries([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const content = JSON.stringify(
    {
      format: 1,
      cluster,
      entries: sorted(entries),
      ...(successors.size > 0 && { successors: sorted(successors) }),
    },
    null,
    2,
  );
  return armor.encode(await encrypter.encrypt(content));
}

/** Reads what sealEntries wrote. Throws VAULT_KEY_WRONG, VAULT_DAMAGED or VAULT_OTHER_CLUSTER. */
export async function openSealed(
  sealed: string,
  identity: string,
  where: { readonly path: string; readonly keyPath: string; readonly cluster: string },
): Promise<VaultContent> {
  const parsed = contentSchema.safeParse(await decrypt(sealed, identity, where));
  if (!parsed.success) throw damaged(where.path, parsed.error);
  if (parsed.data.cluster !== where.cluster) {
    throw new UserError(
      "VAULT_OTHER_CLUSTER",
      `the vault ${where.path} belongs to the cluster ${JSON.stringify(parsed.data.cluster)}, not to ${JSON.stringify(where.cluster)}`,
      "put the right vault there, or correct the cluster's name",
    );
  }
  const { entries, successors = {} } = parsed.data;
  return { entries: new Map(Object.entries(entries)), successors: new Map(Object.entries(successors)) };
}

/** The file's text; undefined when there is none. */
export async function readSealed(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UserError(
      "VAULT_UNREADABLE",
      `the vault ${path} cannot be read`,
      "run as the user who owns it",
      { cause: error },
    );
  }
}

async function decrypt(
  sealed: string,
  identity: string,
  where: { path: string; keyPath: string },
): Promise<unknown> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return JSON.parse(await decrypter.decrypt(armor.decode(sealed), "text"));
  } catch (error) {
    if (error instanceof Error && error.message.includes("no identity matched")) {
      throw new UserError(
        "VAULT_KEY_WRONG",
        `the key ${where.keyPath} does not open the vault ${where.path}`,
        "name the right key in MAILBASTION_KEY_FILE, or put it back from its backup",
      );
    }
    throw damaged(where.path, error);
  }
}

function damaged(path: string, cause: unknown): UserError {
  return new UserError(
    "VAULT_DAMAGED",
    `the vault ${path} is damaged`,
    "put the file back from its backup or from version control",
    { cause },
  );
}
