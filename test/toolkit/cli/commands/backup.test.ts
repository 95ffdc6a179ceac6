import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Io } from "../../../../src/toolkit/cli/io.ts";
import { mbctl } from "../../../../src/toolkit/cli/mbctl.ts";
import { DATABASE_FILE } from "../../../../src/toolkit/runbooks/backup/manifest.ts";
import { createKey } from "../../../../src/toolkit/vault/key-file.ts";
import { putBackup } from "../../runbooks/backup/a-backup.ts";

describe("mbctl backup verify", () => {
  let home: string;
  let folder: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "mailbastion-verify-"));
    folder = join(home, "acme-1");
    await createKey(join(home, "vault.key"), 0);
    await putBackup(folder, join(home, "vault.key"));
  });
  afterEach(() => rm(home, { recursive: true }));

  async function verify(environment: Io["environment"], ...more: readonly string[]) {
    const lines: string[] = [];
    const say = (text: string) => void lines.push(text);
    const io: Io = { out: say, err: say, isInteractive: false, environment };
    return { code: await mbctl(["backup", "verify", folder, ...more], io), text: lines.join("\n") };
  }

  it("says of a whole backup what is in it, without a cluster", async () => {
    const { code, text } = await verify({ MAILBASTION_KEY_FILE: join(home, "vault.key") });
    expect(text.replaceAll(home, "<home>").replace(/\d+ bytes/, "some bytes")).toBe(
      [
        "<home>/acme-1 is whole: 4 files, some bytes, of 2026-11-22T18:00:00.000Z",
        "database: MariaDB 10.11.19-MariaDB of node-3 at 82427ec6-e685-11f1-923a-a2e7766fb756:31",
        "cache: Redis 7.0.15 of node-2",
        "it opens with <home>/vault.key",
      ].join("\n"),
    );
    expect(code).toBe(0);
  });

  it("compares hashes without a key, and says that it did no more", async () => {
    const { code, text } = await verify({ HOME: home });
    expect(text).toContain("whether it opens was not tried: there is no key");
    expect(code).toBe(0);
    expect(JSON.parse((await verify({ HOME: home }, "--json")).text)).toMatchObject({
      ok: true,
      opened: false,
      manifest: { cluster: "acme" },
    });
  });

  it("ends with 1 where a file was changed", async () => {
    await appendFile(join(folder, DATABASE_FILE), "x");
    const { code, text } = await verify({ HOME: home });
    expect(text).toContain("[BACKUP_DAMAGED]");
    expect(code).toBe(1);
  });
});
