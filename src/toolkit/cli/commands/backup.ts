import { resolve } from "node:path";
import type { Command } from "commander";
import { readAgeKey } from "../../disk/age-key.ts";
import { backup } from "../../runbooks/backup/backup.ts";
import { readManifest } from "../../runbooks/backup/manifest.ts";
import { verifyBackup } from "../../runbooks/backup/verify.ts";
import { keyFilePath } from "../../vault/key-file.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example, jsonOption } from "../options.ts";
import { readCount } from "../count.ts";
import { addRunbook } from "./runbooks.ts";

export function addBackup(program: Command, io: Io, end: (code: number) => void): void {
  const group = program.command("backup").description("copy what a cluster holds, and check such a copy");
  example(group, "mbctl backup --to /srv/backups --keep 14");
  addRunbook(
    group,
    {
      usage: "create",
      isDefault: true,
      runbook: backup,
      options: [
        { flags: "--to <folder>", description: 'where backups lie, a folder each (default: "backups")' },
        { flags: "--keep <count>", description: "remove the oldest ones there when there are more" },
        {
          flags: "--from <machine>",
          description: "the database machine to copy (default: one that is not written to)",
        },
      ],
      read: (_positional, options) => readBackup(options),
      examples: ["mbctl backup create --to /srv/backups --keep 14"],
    },
    io,
    end,
  );
  const verify = group
    .command("verify <folder>")
    .description("check that a backup is whole, without a cluster; with the key, also that it opens");
  example(jsonOption(verify), "mbctl backup verify /srv/backups/acme-20261122T180000Z").action(
    async (folder: string, options: { readonly json?: boolean }) =>
      end(await verifyFolder(resolve(folder), options, io)),
  );
}

/** Throws COUNT_UNREADABLE. */
function readBackup({ to, keep, from }: Readonly<Record<string, unknown>>): unknown {
  return {
    to: resolve((to as string | undefined) ?? "backups"),
    ...(keep !== undefined && { keep: readCount("--keep", keep as string) }),
    ...(from !== undefined && { from }),
  };
}

async function verifyFolder(folder: string, { json }: { readonly json?: boolean }, io: Io): Promise<number> {
  const { cluster } = await readManifest(folder);
  const keyFile = keyFilePath(cluster, io.environment);
  const hasKey = (await readAgeKey(keyFile)) !== undefined;
  const { manifest } = await verifyBackup(folder, hasKey ? keyFile : undefined);
  if (json) {
    io.out(JSON.stringify({ ok: true, opened: hasKey, manifest }));
    return EXIT.done;
  }
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  io.out(`${folder} is whole: ${manifest.files.length} files, ${bytes} bytes, of ${manifest.at}`);
  if (manifest.database) {
    const { machine, version, position } = manifest.database;
    io.out(`database: MariaDB ${version} of ${machine} at ${position.uuid}:${position.seqno}`);
  }
  if (manifest.cache) io.out(`cache: Redis ${manifest.cache.version} of ${manifest.cache.machine}`);
  io.out(hasKey ? `it opens with ${keyFile}` : `whether it opens was not tried: there is no key ${keyFile}`);
  return EXIT.done;
}
