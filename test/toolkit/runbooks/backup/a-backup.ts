import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { keptBy, writeStreamed } from "../../../../src/toolkit/disk/local-file.ts";
import {
  CACHE_FILE,
  DATABASE_FILE,
  MANIFEST,
  type Manifest,
} from "../../../../src/toolkit/runbooks/backup/manifest.ts";
import { filesOf } from "../../../../src/toolkit/runbooks/backup/verify.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { streamOf } from "./a-stream.ts";

/** What a machine answers to several questions as one command. */
export function together(answers: Readonly<Record<string, string>>): Answer {
  const stdout = Object.entries(answers)
    .map(([name, text]) => `@${name} 0\n${text.replace(/\n$/, "").replace(/^/gm, "|")}\n`)
    .join("");
  return { code: 0, stdout, stderr: "" };
}

export async function seal(localFile: string, keyFile: string, content: Buffer): Promise<void> {
  const output = await writeStreamed({ localFile, keyFile });
  await keptBy(output, async () => {
    output.take(Readable.from([content]), () => undefined);
    return { code: 0 };
  });
}

export async function compressed(content: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await pipeline(Readable.from([content]), createZstdCompress(), async (stream: AsyncIterable<Buffer>) => {
    for await (const chunk of stream) chunks.push(chunk);
  });
  return Buffer.concat(chunks);
}

/** Puts the sealed files of a backup into a folder. */
export async function putCopies(folder: string, keyFile: string): Promise<void> {
  await seal(join(folder, DATABASE_FILE), keyFile, await compressed(streamOf()));
  await seal(join(folder, CACHE_FILE), keyFile, Buffer.from("REDIS0010 and so on"));
}

/** A whole backup. */
export async function putBackup(
  folder: string,
  keyFile: string,
  changes: Partial<Manifest> = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await putCopies(folder, keyFile);
  const manifest: Manifest = {
    format: 1,
    cluster: "acme",
    run: "20261122T180000Z-backup-abcd",
    at: "2026-11-22T18:00:00.000Z",
    database: {
      machine: "node-3",
      version: "10.11.19-MariaDB",
      position: { uuid: "82427ec6-e685-11f1-923a-a2e7766fb756", seqno: "31" },
    },
    cache: { machine: "node-2", version: "7.0.15" },
    files: [...(await filesOf(folder))],
    ...changes,
  };
  await writeFile(join(folder, MANIFEST), JSON.stringify(manifest));
}
