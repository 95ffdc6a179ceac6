import { appendFile, mkdtemp, readdir, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { keepNewest } from "../../../../src/toolkit/runbooks/backup/keep.ts";
import {
  DATABASE_FILE,
  CACHE_FILE,
  MANIFEST,
  type Manifest,
} from "../../../../src/toolkit/runbooks/backup/manifest.ts";
import { filesOf, verifyBackup } from "../../../../src/toolkit/runbooks/backup/verify.ts";
import { createKey } from "../../../../src/toolkit/vault/key-file.ts";
import { compressed, putBackup, seal } from "./a-backup.ts";
import { streamOf } from "./a-stream.ts";

describe("a backup", () => {
  let home: string;
  let folder: string;
  let keyFile: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "mailbastion-backup-"));
    folder = join(home, "acme-1");
    keyFile = join(home, "vault.key");
    await createKey(keyFile, 0);
    await putBackup(folder, keyFile);
  });
  afterEach(() => rm(home, { recursive: true }));

  it("is whole where every file is as it was written and opens", async () => {
    const { manifest, database } = await verifyBackup(folder, keyFile);
    expect(manifest.cluster).toBe("acme");
    // What a restore looks for room for: 100 bytes of rows and the position with its end.
    expect(database).toEqual({ position: manifest.database!.position, bytes: 142 });
    expect((await verifyBackup(folder, undefined)).database).toBeUndefined();
  });

  it("is damaged where a byte of a file changed, a file is shorter, or one is gone", async () => {
    const file = join(folder, DATABASE_FILE);
    const whole = await readFile(file);
    const other = Buffer.from(whole);
    other.writeUInt8(other.readUInt8(whole.length - 9) ^ 1, whole.length - 9);
    const verdict = (key?: string) => expect(verifyBackup(folder, key)).rejects;

    await writeFile(file, other);
    await verdict().toMatchObject({
      code: "BACKUP_DAMAGED",
      message: expect.stringContaining("was changed"),
    });
    await writeFile(file, whole.subarray(0, -1));
    await verdict().toMatchObject({ code: "BACKUP_DAMAGED", message: expect.stringContaining("and had") });
    await unlink(file);
    await verdict().toMatchObject({ code: "BACKUP_DAMAGED", message: expect.stringContaining("is missing") });
  });

  it("is damaged where its hashes are right and what is sealed cannot be restored", async () => {
    const spoil = async (file: string, content: Buffer): Promise<void> => {
      await seal(join(folder, file), keyFile, content);
      await putManifestAnew();
    };
    const putManifestAnew = async (): Promise<void> => {
      const manifest = JSON.parse(await readFile(join(folder, MANIFEST), "utf8")) as Manifest;
      await writeFile(join(folder, MANIFEST), JSON.stringify({ ...manifest, files: await filesOf(folder) }));
    };
    for (const [content, why] of [
      [Buffer.from("no zstd at all"), ""],
      [(await compressed(streamOf())).subarray(0, -3), ""],
      [await compressed(streamOf().subarray(0, 90)), "cut off"],
      [await compressed(streamOf("nowhere:")), "names no position"],
    ] as const) {
      await spoil(DATABASE_FILE, content);
      await verifyBackup(folder, undefined);
      await expect(verifyBackup(folder, keyFile)).rejects.toMatchObject({
        code: "BACKUP_DAMAGED",
        message: expect.stringContaining(why),
      });
    }
    await putBackup(folder, keyFile);
    await spoil(CACHE_FILE, Buffer.from("nothing of Redis"));
    await expect(verifyBackup(folder, keyFile)).rejects.toMatchObject({
      message: expect.stringContaining("no snapshot of Redis"),
    });
  });

  it("does not open with another key", async () => {
    await createKey(join(home, "other.key"), 0);
    await expect(verifyBackup(folder, join(home, "other.key"))).rejects.toMatchObject({
      code: "SEALED_FILE_DAMAGED",
    });
  });

  it("is none without a manifest that can be understood", async () => {
    await appendFile(join(folder, MANIFEST), "}");
    await expect(verifyBackup(folder, keyFile)).rejects.toMatchObject({ code: "BACKUP_UNREADABLE" });
  });

  it("is removed when there are newer ones enough; other folders and other clusters' stay", async () => {
    await putBackup(join(home, "acme-2"), keyFile, { at: "2026-11-23T18:00:00.000Z" });
    await putBackup(join(home, "acme-3"), keyFile, { at: "2026-11-24T18:00:00.000Z" });
    await putBackup(join(home, "other-1"), keyFile, { at: "2020-01-01T00:00:00.000Z", cluster: "other" });
    await putBackup(join(home, "acme-0-broken-off"), keyFile);
    await unlink(join(home, "acme-0-broken-off", MANIFEST));
    expect(await keepNewest(home, "acme", 2)).toEqual([folder]);
    expect((await readdir(home)).toSorted()).toEqual([
      "acme-0-broken-off",
      "acme-2",
      "acme-3",
      "other-1",
      "vault.key",
    ]);
  });
});
